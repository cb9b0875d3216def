package org.blazefl4j.data.stream;

import java.nio.FloatBuffer;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Memory outside the heap, which the current pointer scope frees. Takes no room until it is written. */
public final class Memory {

    private Memory() {}

    /** Returns room for numbers, of any value at first. */
    public static FloatBuffer floats(int length) {
        return new FloatPointer(empty(ScalarType.Float, length).data_ptr())
                .capacity(length)
                .asBuffer();
    }

    static Tensor empty(ScalarType type, long... shape) {
        LibTorch.load();
        try (TensorOptions options = new TensorOptions(type)) {
            return torch.empty(shape, options, null);
        }
    }
}
