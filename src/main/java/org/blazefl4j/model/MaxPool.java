package org.blazefl4j.model;

import org.blazefl4j.binding.Native;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The greatest element of each square window, with the outputs and gradients of PyTorch's {@code MaxPool2d}, bit for
 * bit. Vectorised where LibTorch's is not: for contiguous float32 images on the CPU the places of the greatest elements
 * are found first, and the elements, and their gradients, taken there.
 *
 * <p>ReLU and this commute, in outputs and gradients; after it there is less to do.
 */
public final class MaxPool extends Model {

    private final long kernel;
    private final long stride;
    private final long padding;

    /**
     * Makes a layer.
     *
     * @param kernel the windows' height and width, above 0
     * @param stride from one window to the next, above 0
     * @param padding how far the first window begins before the image, from 0 to half of {@code kernel}
     */
    public MaxPool(int kernel, int stride, int padding) {
        Checks.positive("kernel", kernel);
        Checks.positive("stride", stride);
        if (padding < 0 || padding > kernel / 2) {
            throw new IllegalArgumentException(
                    "padding out of range: padding=" + padding + ", limit=0 to " + kernel / 2 + ", half of the kernel");
        }
        this.kernel = kernel;
        this.stride = stride;
        this.padding = padding;
    }

    /**
     * Takes the greatest elements.
     *
     * @param x images, shape [n, c, h, w]
     * @return a new tensor, shape [n, c, rows, columns] with one element per window
     */
    @Override
    public Tensor forward(Tensor x) {
        if (!x.is_cpu() || x.dim() != 4 || !x.is_contiguous() || x.scalar_type().intern() != ScalarType.Float) {
            return libTorchs(x);
        }
        long[] size = x.shape();
        long rows = windows(size[2]);
        long columns = windows(size[3]);
        try (TensorOptions longs = new TensorOptions(ScalarType.Long);
                Tensor positions = torch.empty(new long[] {size[0], size[1], rows * columns}, longs, null)) {
            if (positions.numel() == 0 || !find(x, size, positions)) {
                return libTorchs(x); // which takes no images, and refuses those that are too small or too large
            }
            try (Tensor planes = x.flatten(2, 3);
                    Tensor greatest = planes.gather(2, positions)) {
                return greatest.view(size[0], size[1], rows, columns);
            }
        }
    }

    private boolean find(Tensor x, long[] size, Tensor positions) {
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

    private Tensor libTorchs(Tensor x) {
        return torch.max_pool2d(x, both(kernel), both(stride), both(padding), new long[] {1, 1}, false);
    }

    private static long[] both(long value) {
        return new long[] {value, value};
    }
}
