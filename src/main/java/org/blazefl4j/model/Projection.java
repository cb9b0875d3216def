package org.blazefl4j.model;

import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.Tensor;

/** Brings a residual block's input to the shape of its output: a strided 1×1 convolution, normalised. */
final class Projection extends Model {

    private final Convolution conv;
    private final BatchNorm2dImpl norm;

    Projection(int in, int out, int stride) {
        conv = new Convolution(conv2d("0", in, out, 1, stride, 0, false), 1, stride, 0);
        norm = batchNorm2d("1", out);
    }

    @Override
    public Tensor forward(Tensor x) {
        return norm.forward(conv.forward(x));
    }
}
