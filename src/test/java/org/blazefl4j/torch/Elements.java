package org.blazefl4j.torch;

import java.util.Arrays;
import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** Copies the elements of tensors, in logical order. */
public final class Elements {

    private Elements() {}

    public static byte[] bytes(Tensor tensor) {
        byte[] values = new byte[(int) tensor.numel()];
        withDense(tensor, dense -> dense.data_ptr_byte().get(values));
        return values;
    }

    public static float[] floats(Tensor tensor) {
        float[] values = new float[(int) tensor.numel()];
        withDense(tensor, dense -> dense.data_ptr_float().get(values));
        return values;
    }

    public static long[] longs(Tensor tensor) {
        long[] values = new long[(int) tensor.numel()];
        withDense(tensor, dense -> dense.data_ptr_long().get(values));
        return values;
    }

    private static void withDense(Tensor tensor, Consumer<Tensor> use) {
        try (PointerScope scope = new PointerScope()) {
            use.accept(tensor.detach().contiguous());
        }
    }

    static float[] part(float[] all, int from, int length) {
        return Arrays.copyOfRange(all, from, from + length);
    }
}
