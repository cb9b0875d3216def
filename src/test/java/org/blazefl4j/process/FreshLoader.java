package org.blazefl4j.process;

import java.net.URL;
import java.net.URLClassLoader;

/** Loads this package's test classes once more, as another process would. */
final class FreshLoader extends URLClassLoader {

    FreshLoader() {
        super(
                new URL[] {
                    FreshLoader.class.getProtectionDomain().getCodeSource().getLocation()
                },
                FreshLoader.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith("org.blazefl4j.process.WorkerFunctionTest")) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded == null ? findClass(name) : loaded;
        }
    }
}
