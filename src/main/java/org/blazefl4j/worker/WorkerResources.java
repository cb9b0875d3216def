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
 * What one worker keeps between clients: its models and data sets by name. Used by the worker's thread alone, except
 * that {@link #close()} may come from another one once no client runs.
 *
 * <p>Native objects that a supplier makes belong to the worker, not to the client during which they were made.
 */
final class WorkerResources implements AutoCloseable {

    private final Map<String, Retained<?>> byKey = new LinkedHashMap<>();
    private boolean closed;

    /**
     * The resource of this name, made at the first call.
     *
     * @throws IllegalStateException if the worker has ended
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

    /** Whether one of this worker's suppliers made the pointer. */
    boolean holds(Pointer pointer) {
        for (Retained<?> resource : byKey.values()) {
            if (resource.scope().holds(pointer)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Closes the resources, the last made first. All are closed even if one throws; the first exception is thrown at
     * the end with the others suppressed.
     */
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
