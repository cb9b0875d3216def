package org.blazefl4j.model;

import org.blazefl4j.binding.Native;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Returns the greatest element of each square window, with the outputs and gradients of PyTorch's {@code MaxPool2d},
 * bit for bit. Vectorised where LibTorch is not: for contiguous float32 images on the CPU, finds the positions of the
 * greatest elements first, then gathers the elements, and their gradients, at these positions.
 *
 * <p>Max pooling commutes with ReLU, in outputs and gradients; ReLU after pooling has less to do.
 */
public final class MaxPool extends Model {

    private final long kernel;
    private final long stride;
    private final long padding;

    /**
     * Creates a layer.
     *
     * @param kernel the windows' height and width, above 0
     * @param stride the distance between windows, above 0
     * @param padding the number of pixels that the first window begins before the image, from 0 to half of
     *     {@code kernel}
     */
    public MaxPool(int kernel, int stride, int padding) {
        Checks.positive("kernel", kernel);
        Checks.positive("stride", stride);
        Arguments.require(
                padding >= 0 && padding <= kernel / 2,
                "padding out of range: padding=" + padding + ", limit=0 to " + kernel / 2 + ", half of the kernel");
        this.kernel = kernel;
        this.stride = stride;
        this.padding = padding;
    }

    /** Pools images, shape [n, c, h, w]. Returns a new tensor, shape [n, c, rows, columns]. */
    @Override
    public Tensor forward(Tensor x) {
        if (!x.is_cpu() || x.dim() != 4 || !x.is_contiguous() || Tensors.type(x) != ScalarType.Float) {
            return poolByLibTorch(x);
        }
        long[] size = x.shape();
        long rows = windows(size[2]);
        long columns = windows(size[3]);
        try (TensorOptions longs = new TensorOptions(ScalarType.Long);
                Tensor positions = torch.empty(new long[] {size[0], size[1], rows * columns}, longs, null)) {
            if (positions.numel() == 0 || !findPositions(x, size, positions)) {
                return poolByLibTorch(x); // accepts empty batches and rejects images that are too small or too large
            }
            try (Tensor planes = x.flatten(2, 3);
                    Tensor greatest = planes.gather(2, positions)) {
                return greatest.view(size[0], size[1], rows, columns);
            }
        }
    }

    private boolean findPositions(Tensor x, long[] size, Tensor positions) {
        try (Pointer images = x.data_ptr();
                Pointer found = positions.data_ptr()) {
            return Native.maxPoolPositionsF32(
                            found.address(),
                            images.address(),
                            size[0] * size[1],
                            size[2],
                            size[3],
                            kernel,
                            stride,
                            padding)
                    == 0;
        }
    }

    private long windows(long size) {
        return Math.max(0, (size + 2 * padding - kernel) / stride + 1);
    }

    private Tensor poolByLibTorch(Tensor x) {
        return torch.max_pool2d(x, pair(kernel), pair(stride), pair(padding), new long[] {1, 1}, false);
    }

    private static long[] pair(long value) {
        return new long[] {value, value};
    }
}
