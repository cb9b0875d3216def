package org.blazefl4j.model;

import java.util.Locale;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.MemoryFormat;

/** The memory layout of a batch of images. LibTorch chooses its kernels by it, which changes speed and rounding. */
public enum MemoryLayout {
    /** The model's own choice: {@link Model#quickestLayout}. */
    AUTO,
    /** Image by image, channel by channel, row by row (NCHW). */
    CONTIGUOUS,
    /** Image by image, pixel by pixel, all its channels together (NHWC). Parameters stay as they are. */
    CHANNELS_LAST;

    /** Converts a batch to this layout, not {@code AUTO}. Returns the same tensor if there is nothing to convert. */
    Tensor apply(Tensor x) {
        if (x.dim() != 4) {
            return x;
        }
        MemoryFormat format = this == CHANNELS_LAST ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous;
        long[] size = x.shape();
        long[] strides = strides(size);
        if (hasStrides(x, strides)) {
            return x;
        }
        // With a single channel, memory is the same in both layouts; only the strides tell which one is meant.
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

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
