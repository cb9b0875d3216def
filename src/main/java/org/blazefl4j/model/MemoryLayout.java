package org.blazefl4j.model;

import java.util.Locale;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.MemoryFormat;

/** How a batch of images lies in memory, by which LibTorch chooses its kernels: other speed, other rounding. */
public enum MemoryLayout {
    /** What the model says that it is quickest with: {@link Model#quickestLayout()}. */
    AUTO,
    /** Image by image, channel by channel, row by row (NCHW). */
    CONTIGUOUS,
    /** Image by image, pixel by pixel, all its channels together (NHWC). Parameters stay as they are. */
    CHANNELS_LAST;

    /** A batch in this layout, which is not {@code AUTO}: the same tensor if it is so, or is no batch of images. */
    Tensor of(Tensor x) {
        MemoryFormat format = this == CHANNELS_LAST ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous;
        return x.dim() != 4 || x.is_contiguous(format) ? x : x.contiguous(format);
    }

    /** The name in lower case. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
