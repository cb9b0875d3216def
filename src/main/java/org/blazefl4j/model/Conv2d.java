package org.blazefl4j.model;

import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.Conv2dOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.MemoryFormat;

/**
 * {@link Model#conv2d}: LibTorch's, but right for every number of channels. On the CPU, LibTorch's oneDNN computes
 * wrong outputs or gradients where blocks of channels are not full ({@link OneDnnChannels}); there, images are laid out
 * and multiplied as matrices. Only shapes and settings decide, so that each machine computes alike.
 */
final class Conv2d extends Conv2dImpl {

    private final OneDnnChannels channels;
    private final long kernel;
    private final long stride;
    private final long padding;
    private final boolean bias;

    private Conv2d(Conv2dOptions options, long in, long out, long kernel, long stride, long padding, boolean bias) {
        super(options);
        this.channels = new OneDnnChannels(in, out, kernel, stride);
        this.kernel = kernel;
        this.stride = stride;
        this.padding = padding;
        this.bias = bias;
    }

    /** Creates a layer, which the calling thread's pointer scope frees unless it is registered. */
    static Conv2d of(long in, long out, long kernel, long stride, long padding, boolean bias) {
        Conv2dOptions options = new Conv2dOptions(in, out, new LongPointer(pair(kernel)));
        options.stride().put(pair(stride));
        options.padding().put(new LongPointer(pair(padding)));
        options.bias().put(bias);
        return new Conv2d(options, in, out, kernel, stride, padding, bias);
    }

    @Override
    public Tensor forward(Tensor x) {
        return !x.is_cpu() || x.dim() != 4 || isRight(x) ? super.forward(x) : byMatrices(x);
    }

    private boolean isRight(Tensor x) {
        boolean gradient = x.requires_grad();
        boolean channelsLast = x.suggest_memory_format().intern() == MemoryFormat.ChannelsLast;
        return torch.is_autocast_enabled(DeviceType.CPU)
                ? channels.areRightInBfloat16(gradient, channelsLast)
                : channels.areRight(gradient, channelsLast);
    }

    private Tensor byMatrices(Tensor x) {
        try (Tensor alike = x.to(weight().scalar_type());
                Tensor images = alike.contiguous();
                TensorOptional added = bias ? new TensorOptional(bias()) : new TensorOptional()) {
            return torch.thnn_conv2d(images, weight(), pair(kernel), added, pair(stride), pair(padding));
        }
    }

    private static long[] pair(long value) {
        return new long[] {value, value};
    }
}
