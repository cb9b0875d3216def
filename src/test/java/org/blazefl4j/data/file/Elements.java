package org.blazefl4j.data.file;

import org.bytedeco.pytorch.Tensor;

/** Copies the elements of tensors that were read. */
final class Elements {

    private Elements() {}

    static byte[] bytes(Tensor tensor) {
        byte[] values = new byte[(int) tensor.numel()];
        tensor.data_ptr_byte().get(values);
        return values;
    }

    static float[] floats(Tensor tensor) {
        float[] values = new float[(int) tensor.numel()];
        tensor.data_ptr_float().get(values);
        return values;
    }

    static long[] longs(Tensor tensor) {
        long[] values = new long[(int) tensor.numel()];
        tensor.data_ptr_long().get(values);
        return values;
    }
}
