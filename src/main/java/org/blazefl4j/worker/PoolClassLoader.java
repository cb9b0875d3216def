package org.blazefl4j.worker;

import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Loads the classes of results and states with the loaders of known classes, in order. */
public final class PoolClassLoader extends ClassLoader {

    private final Set<ClassLoader> sources = new LinkedHashSet<>();

    /** Creates a loader that asks the loaders of these classes, then the context class loader of the current thread. */
    public PoolClassLoader(Class<?>... known) {
        super(PoolClassLoader.class.getClassLoader());
        for (Class<?> type : known) {
            add(type.getClassLoader());
        }
        add(Thread.currentThread().getContextClassLoader());
    }

    private void add(@Nullable ClassLoader loader) {
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
