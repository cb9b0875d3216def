package org.blazefl4j.worker;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Finds the classes of results and states where the classes that crossed came from, in the order in which they were
 * named.
 */
public final class PoolClassLoader extends ClassLoader {

    private final Set<ClassLoader> sources = new LinkedHashSet<>();

    /** Looks where these classes came from, then in the current thread's context class loader. */
    public PoolClassLoader(Class<?>... known) {
        super(PoolClassLoader.class.getClassLoader());
        for (Class<?> type : known) {
            add(type.getClassLoader());
        }
        add(Thread.currentThread().getContextClassLoader());
    }

    private void add(ClassLoader loader) {
        if (loader != null) {
            sources.add(loader);
        }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        for (ClassLoader source : sources) {
            try {
                return source.loadClass(name);
            } catch (ClassNotFoundException next) {
                continue;
            }
        }
        return super.loadClass(name, resolve);
    }
}
