package org.blazefl4j.worker;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.blazefl4j.binding.Retained;
import org.blazefl4j.util.ErrorCollector;
import org.bytedeco.javacpp.Pointer;

/**
 * The objects that a worker keeps between clients by name, such as models and data sets. Native objects created by a
 * supplier belong to the worker, not to the current client. For the worker's thread, except that another thread may
 * call {@link #close()} when no client runs.
 */
final class WorkerResources implements AutoCloseable {

    private final Map<String, Retained<?>> byKey = new LinkedHashMap<>();
    private boolean closed;

    /**
     * Returns the resource with a name. Creates it at the first call.
     *
     * @throws IllegalStateException if the worker is closed
     * @throws NullPointerException if the supplier returns null
     */
    <T> T get(String key, Supplier<? extends T> supplier) {
        if (closed) {
            throw new IllegalStateException("worker has ended: resource=" + key + "; keep no context past its client");
        }
        Retained<?> resource = byKey.get(key);
        if (resource == null) {
            resource = Retained.make(() -> notNull(key, supplier.get()));
            byKey.put(key, resource);
        }
        @SuppressWarnings("unchecked")
        T value = (T) resource.value();
        return value;
    }

    private static <T> T notNull(String key, T value) {
        if (value == null) {
            throw new NullPointerException("resource is null: key=" + key + "; its supplier must return an object");
        }
        return value;
    }

    /** Returns whether a supplier of this worker created a pointer. */
    boolean holds(Pointer pointer) {
        for (Retained<?> resource : byKey.values()) {
            if (resource.scope().holds(pointer)) {
                return true;
            }
        }
        return false;
    }

    /** Closes all resources in reverse order. Throws the first exception at the end, with the others suppressed. */
    @Override
    public void close() {
        closed = true;
        Deque<Retained<?>> lastFirst = new ArrayDeque<>();
        byKey.values().forEach(lastFirst::push);
        byKey.clear();
        ErrorCollector failures = new ErrorCollector();
        for (Retained<?> resource : lastFirst) {
            if (resource.value() instanceof AutoCloseable closeable) {
                failures.run(closeable::close);
            }
            failures.run(resource::close);
        }
        failures.throwFirst("worker resource did not close");
    }
}
