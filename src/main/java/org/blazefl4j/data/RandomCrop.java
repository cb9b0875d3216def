package org.blazefl4j.data;

import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** {@link Transform#randomCrop}. */
record RandomCrop(int size, int padding) implements Transform {

    RandomCrop {
        Arguments.require(
                size >= 1 && padding >= 0,
                "random crop: size=" + size + ", padding=" + padding + ", limit=size 1 or more, padding 0 or more");
    }

    @Override
    public Tensor apply(Tensor x, @Nullable Generator generator) {
        if (x.dim() != 4 || padded(x, 2) < size || padded(x, 3) < size) {
            throw new IllegalArgumentException("random crop: batch=" + Tensors.describe(x) + ", size=" + size
                    + ", padding=" + padding + ", expected=[n, channels, height, width], not smaller than the size when"
                    + " padded; crop less or pad more");
        }
        try (Tensor border = torch.constant_pad_nd(x, padding, padding, padding, padding);
                Tensor dense = border.contiguous();
                Tensor starts = starts(dense, generator);
                Tensor windows = windows(dense)) {
            return windows.index_select(0, starts);
        }
    }

    private long padded(Tensor x, int dimension) {
        return x.size(dimension) + 2L * padding;
    }

    /** Returns where each image's square begins in the padded batch's memory. */
    private Tensor starts(Tensor dense, @Nullable Generator generator) {
        long n = dense.size(0);
        long width = dense.size(3);
        try (Scalar count = new Scalar(n);
                Scalar perImage = new Scalar(dense.size(1) * dense.size(2) * width);
                Scalar perRow = new Scalar(width);
                Tensor top = Draws.below(dense.size(2) - size + 1, n, generator, this);
                Tensor left = Draws.below(width - size + 1, n, generator, this);
                Tensor images = torch.arange(count)) {
            return images.mul_(perImage).add_(top.mul_(perRow)).add(left);
        }
    }

    /** Returns a view of the squares that begin at each element of the padded batch, so that one copy cuts them all. */
    private Tensor windows(Tensor dense) {
        long n = dense.size(0);
        long width = dense.size(3);
        long plane = dense.size(2) * width;
        long channels = dense.size(1);
        long last = (n - 1) * channels * plane + (dense.size(2) - size) * width + (width - size);
        return dense.as_strided(new long[] {last + 1, channels, size, size}, new long[] {1, plane, width, 1});
    }
}
