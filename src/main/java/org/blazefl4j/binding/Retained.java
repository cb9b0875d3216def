package org.blazefl4j.binding;

import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;

/**
 * An object together with the native memory that was allocated while it was made, whichever {@code PointerScope} its
 * maker was called in.
 *
 * @param <T> the object's type
 */
public record Retained<T>(T value, RetainingScope scope) implements AutoCloseable {

    public static <T> Retained<T> make(Supplier<? extends T> supplier) {
        RetainingScope scope = new RetainingScope();
        try {
            T value = supplier.get();
            scope.leave();
            return new Retained<>(value, scope);
        } catch (Throwable failure) {
            scope.close();
            throw failure;
        }
    }

    /** A pointer that lives until it is closed. Everything else that was allocated while it was made is freed. */
    public static <T extends Pointer> T free(Supplier<? extends T> supplier) {
        try (Retained<T> owned = make(supplier)) {
            owned.scope.release(owned.value);
            return owned.value;
        }
    }

    /** Frees the native memory; the object itself is not told. */
    @Override
    public void close() {
        scope.close();
    }
}
