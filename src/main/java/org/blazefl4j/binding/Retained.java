package org.blazefl4j.binding;

import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;

/**
 * An object together with the native memory allocated during its creation, independent of the current
 * {@code PointerScope}.
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

    /** Creates a pointer that lives until it is closed. Frees everything else allocated during its creation. */
    public static <T extends Pointer> T free(Supplier<? extends T> supplier) {
        try (Retained<T> owned = make(supplier)) {
            owned.scope.release(owned.value);
            return owned.value;
        }
    }

    /** Frees the native memory, without closing the object itself. */
    @Override
    public void close() {
        scope.close();
    }
}
