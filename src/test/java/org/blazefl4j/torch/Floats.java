package org.blazefl4j.torch;

import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** Reads elements of float32 tensors in logical order. */
final class Floats {

    private Floats() {}

    static float[] of(Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            float[] values = new float[(int) tensor.numel()];
            tensor.detach().contiguous().data_ptr_float().get(values);
            return values;
        }
    }

    static float[] part(float[] all, int from, int length) {
        return Arrays.copyOfRange(all, from, from + length);
    }
}
