package org.blazefl4j.model;

import java.util.stream.LongStream;
import org.blazefl4j.data.Batch;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The inputs and labels of {@code models.py}, by the same formulas. */
public final class FormulaImages {

    private static final int BLOCKS = 4;

    private FormulaImages() {}

    /** Returns numbers in [-1, 1): element i is the top 24 bits of (first + i) * 2654435761 mod 2^32, scaled. */
    public static Tensor inputs(long first, long... shape) {
        float[] values = new float[(int) LongStream.of(shape).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < values.length; i++) {
            long bits = ((first + i) * 2654435761L & 0xFFFFFFFFL) >> 8;
            values[i] = (float) (bits / (double) (1 << 23) - 1);
        }
        return Tensors.of(values, shape);
    }

    /** Returns numbers below {@code classes}: the same top 24 bits modulo {@code classes}. */
    static Tensor tokens(long first, int classes, long... shape) {
        float[] values = new float[(int) LongStream.of(shape).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < values.length; i++) {
            long bits = ((first + i) * 2654435761L & 0xFFFFFFFFL) >> 8;
            values[i] = bits % classes;
        }
        return Tensors.of(values, shape);
    }

    /** Returns sequences of tokens, whose labels are their last ones. */
    static Batch text(int step, int n, int size, int classes) {
        Tensor x = tokens((long) step * n * size * size, classes, n, 1, size, size);
        return new Batch(x, x.flatten(1, -1).select(1, -1).toType(ScalarType.Long));
    }

    /** Returns images of 4x4 even blocks; the rows of one band are brighter by 1, and the label is that band. */
    public static Batch images(int step, int n, int channels, int size, int classes) {
        int side = size / BLOCKS;
        Tensor blocks = inputs((long) step * n * channels * BLOCKS * BLOCKS, n, channels, BLOCKS, BLOCKS);
        Tensor x = blocks.repeat_interleave(side, new LongOptional(2), new LongOptional())
                .repeat_interleave(side, new LongOptional(3), new LongOptional());
        long[] labels = new long[n];
        for (int i = 0; i < n; i++) {
            labels[i] = (i * 7 + step * 3) % classes;
            long from = labels[i] * size / classes;
            long to = (labels[i] + 1) * size / classes;
            x.select(0, i).narrow(1, from, to - from).add_(new Scalar(1.0f));
        }
        return new Batch(x, Tensors.of(labels));
    }
}
