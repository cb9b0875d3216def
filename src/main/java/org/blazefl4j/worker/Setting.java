package org.blazefl4j.worker;

import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.function.IntSupplier;
import org.blazefl4j.codec.ElementTypes;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A setting of LibTorch.
 *
 * @param text converts a value to text for messages
 */
record Setting(String name, IntSupplier get, IntConsumer set, IntFunction<String> text) {

    static Setting flag(String name, BooleanSupplier get, Consumer<Boolean> set) {
        return new Setting(
                name,
                () -> get.getAsBoolean() ? 1 : 0,
                value -> set.accept(value != 0),
                value -> Boolean.toString(value != 0));
    }

    static Setting number(String name, IntSupplier get, IntConsumer set) {
        return new Setting(name, get, set, Integer::toString);
    }

    /** A setting whose value is the number of a floating-point dtype. */
    static Setting dtype(String name, IntSupplier get, Consumer<ScalarType> set) {
        return new Setting(
                name,
                get,
                value -> set.accept(typeOf(value)),
                value -> typeOf(value).name());
    }

    private static ScalarType typeOf(int value) {
        return Objects.requireNonNull(ElementTypes.of(value), "dtype");
    }
}
