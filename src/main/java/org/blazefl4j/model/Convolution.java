package org.blazefl4j.model;

import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A convolution without bias that computes a one-pixel output as a matrix product with the part of the kernel that
 * covers the image. In the last layers of a residual network on small images, eight ninths of the kernel cover padding
 * only; an ordinary convolution would lay out that part, multiply it by zeros and compute its gradients.
 */
record Convolution(Conv2dImpl layer, long kernel, long stride, long padding) {

    /** Convolves images, shape [n, in, h, w]. */
    Tensor forward(Tensor x) {
        long height = x.size(2);
        long width = x.size(3);
        return isOnePixel(height) && isOnePixel(width) ? product(x, covered(height), covered(width)) : layer.forward(x);
    }

    private boolean isOnePixel(long size) {
        long beyond = size + 2 * padding - kernel;
        return beyond >= 0 && beyond < stride;
    }

    /** Returns how many of the image's first rows or columns the only window covers. */
    private long covered(long size) {
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
