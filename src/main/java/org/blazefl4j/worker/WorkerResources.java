package org.blazefl4j.worker;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.blazefl4j.binding.Retained;
import org.blazefl4j.util.ResourceStack;
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
            resource = Retained.make(() -> Objects.requireNonNull(
                    supplier.get(), () -> "resource is null: key=" + key + "; its supplier must return an object"));
            byKey.put(key, resource);
        }
        @SuppressWarnings("unchecked")
        T value = (T) resource.value();
        return value;
    }

    /** Returns whether a supplier of this worker created a pointer. */
    boolean holds(Pointer pointer) {
        return byKey.values().stream().anyMatch(resource -> resource.scope().holds(pointer));
    }

    /** Closes all resources in reverse order. Throws the first exception at the end, with the others suppressed. */
    @Override
    public void close() {
        closed = true;
        try (ResourceStack resources = new ResourceStack()) {
            for (Retained<?> resource : byKey.values()) {
                resources.add(resource);
                if (resource.value() instanceof AutoCloseable closeable) {
                    resources.add(closeable);
                }
            }
            byKey.clear();
        }
    }
}
