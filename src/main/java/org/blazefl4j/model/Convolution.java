package org.blazefl4j.model;

import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A convolution without bias that computes an output of one pixel as what it is, a matrix product with the part of the
 * kernel that meets the image. The rest of the kernel meets padding alone, in the last layers of a residual network on
 * small images eight ninths of it, which a convolution lays out, multiplies by zeroes and gives gradients.
 */
final class Convolution {

    private final Conv2dImpl layer;
    private final long kernel;
    private final long stride;
    private final long padding;

    /** With a layer that has these sizes, and no bias. */
    Convolution(Conv2dImpl layer, long kernel, long stride, long padding) {
        this.layer = layer;
        this.kernel = kernel;
        this.stride = stride;
        this.padding = padding;
    }

    /** Convolves images, shape [n, in, h, w]. */
    Tensor forward(Tensor x) {
        long height = x.size(2);
        long width = x.size(3);
        return isOnePixel(height) && isOnePixel(width) ? product(x, met(height), met(width)) : layer.forward(x);
    }

    private boolean isOnePixel(long size) {
        long beyond = size + 2 * padding - kernel;
        return beyond >= 0 && beyond < stride;
    }

    /** How many of the image's rows, or columns, the only window covers: from the first on. */
    private long met(long size) {
        return Math.min(size, kernel - padding);
    }

    private Tensor product(Tensor x, long rows, long columns) {
        try (Tensor part = corner(layer.weight(), padding, rows, columns).flatten(1, -1);
                Tensor image = corner(x, 0, rows, columns).flatten(1, -1);
                Tensor out = torch.linear(image, part)) {
            return out.view(out.size(0), out.size(1), 1, 1);
        }
    }

    private static Tensor corner(Tensor images, long first, long rows, long columns) {
        try (Tensor band = images.narrow(2, first, rows)) {
            return band.narrow(3, first, columns);
        }
    }
}
