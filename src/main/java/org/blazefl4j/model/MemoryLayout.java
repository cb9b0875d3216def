package org.blazefl4j.model;

import java.util.Locale;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.MemoryFormat;

/** How a batch of images lies in memory, by which LibTorch chooses its kernels: other speed, other rounding. */
public enum MemoryLayout {
    /** What the model says that it is quickest with: {@link Model#quickestLayout}. */
    AUTO,
    /** Image by image, channel by channel, row by row (NCHW). */
    CONTIGUOUS,
    /** Image by image, pixel by pixel, all its channels together (NHWC). Parameters stay as they are. */
    CHANNELS_LAST;

    /** A batch in this layout, which is not {@code AUTO}: the same tensor if it is so, or is no batch of images. */
    Tensor of(Tensor x) {
        if (x.dim() != 4) {
            return x;
        }
        MemoryFormat format = this == CHANNELS_LAST ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous;
        long[] size = x.shape();
        long[] strides = strides(size);
        if (hasStrides(x, strides)) {
            return x;
        }
        // With a single channel, memory is the same in all layouts; strides alone say which one is meant.
        return x.is_contiguous(format) ? x.as_strided(size, strides) : x.contiguous(format);
    }

    private static boolean hasStrides(Tensor x, long[] strides) {
        for (int dimension = 0; dimension < strides.length; dimension++) {
            if (x.stride(dimension) != strides[dimension]) {
                return false;
            }
        }
        return true;
    }

    private long[] strides(long[] size) {
        long channels = size[1];
        long rows = size[2];
        long columns = size[3];
        long image = channels * rows * columns;
        return this == CHANNELS_LAST
                ? new long[] {image, 1, columns * channels, channels}
                : new long[] {image, rows * columns, columns, 1};
    }

    /** The name in lower case. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
