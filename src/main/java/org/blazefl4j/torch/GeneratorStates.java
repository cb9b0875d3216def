package org.blazefl4j.torch;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;

/** States of LibTorch's generators as bytes, which can be kept and put back. */
public final class GeneratorStates {

    private GeneratorStates() {}

    /** A copy of the generator's state. */
    public static byte[] of(Generator generator) {
        try (Tensor state = generator.get_state()) {
            byte[] copy = new byte[(int) state.numel()];
            state.data_ptr_byte().get(copy);
            return copy;
        }
    }

    /**
     * Puts a state back.
     *
     * @param saved what {@link #of} returned for a generator of the same device, in this process or another
     * @throws IllegalArgumentException if it has another length
     */
    public static void restore(Generator generator, byte[] saved) {
        try (Tensor state = generator.get_state()) {
            if (saved.length != state.numel()) {
                throw new IllegalArgumentException("not this generator's state: bytes=" + saved.length + ", limit="
                        + state.numel() + "; restore what was saved of a generator of the same device");
            }
            state.data_ptr_byte().put(saved);
            generator.set_state(state);
        }
    }
}
