package org.blazefl4j.data;

import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Puts a border of zeros around each image and cuts a square out of it at a random place. For shape [n, channels,
 * height, width] of any type; gives [n, channels, size, size].
 *
 * <p>Draws the top rows of all squares, then their left columns, each as {@code randint(places, [n])}.
 *
 * @param size the square's side in pixels, 1 or more
 * @param padding the border's width in pixels on each side, 0 or more
 */
public record RandomCrop(int size, int padding) implements Transform {

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if the size is below 1 or the padding negative
     */
    public RandomCrop {
        if (size < 1 || padding < 0) {
            throw new IllegalArgumentException(
                    "random crop: size=" + size + ", padding=" + padding + ", limit=size 1 or more, padding 0 or more");
        }
    }

    @Override
    public Tensor apply(Tensor x, Generator generator) {
        if (x.dim() != 4 || padded(x, 2) < size || padded(x, 3) < size) {
            throw new IllegalArgumentException("random crop: batch=" + Tensors.describe(x) + ", size=" + size
                    + ", padding=" + padding + ", limit=[n, channels, height, width] of at least the size with padding;"
                    + " crop less or pad more");
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

    /** Where each image's square begins in the padded batch's memory. */
    private Tensor starts(Tensor dense, Generator generator) {
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

    /** A view of every square that begins anywhere in the padded batch's memory: one copy then cuts them all. */
    private Tensor windows(Tensor dense) {
        long n = dense.size(0);
        long width = dense.size(3);
        long plane = dense.size(2) * width;
        long channels = dense.size(1);
        long last = (n - 1) * channels * plane + (dense.size(2) - size) * width + (width - size);
        return dense.as_strided(new long[] {last + 1, channels, size, size}, new long[] {1, plane, width, 1});
    }
}
