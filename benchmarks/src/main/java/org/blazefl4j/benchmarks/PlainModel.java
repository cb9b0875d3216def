package org.blazefl4j.benchmarks;

import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.Conv2dOptions;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A network written with LibTorch alone, in the style of PyTorch's tutorials: the baseline of this library's models.
 */
abstract class PlainModel extends Module {

    abstract Tensor forward(Tensor x);

    final Conv2dImpl conv(String name, long in, long out, long kernel, long stride, long padding, boolean bias) {
        Conv2dOptions options = new Conv2dOptions(in, out, new LongPointer(kernel, kernel));
        options.stride().put(new long[] {stride, stride});
        options.padding().put(new LongPointer(padding, padding));
        options.bias().put(bias);
        return register_module(name, new Conv2dImpl(options));
    }

    final BatchNorm2dImpl norm(String name, long features) {
        return register_module(name, new BatchNorm2dImpl(new BatchNormOptions(features)));
    }

    final LinearImpl linear(String name, long in, long out) {
        return register_module(name, new LinearImpl(in, out));
    }

    static Tensor maxPool(Tensor x, long kernel, long stride, long padding) {
        return torch.max_pool2d(
                x,
                new long[] {kernel, kernel},
                new long[] {stride, stride},
                new long[] {padding, padding},
                new long[] {1, 1},
                false);
    }

    /** PyTorch's CIFAR-10 tutorial. */
    static final class Cnn extends PlainModel {

        private final Conv2dImpl conv1 = conv("conv1", 3, 6, 5, 1, 0, true);
        private final Conv2dImpl conv2 = conv("conv2", 6, 16, 5, 1, 0, true);
        private final LinearImpl fc1 = linear("fc1", 400, 120);
        private final LinearImpl fc2 = linear("fc2", 120, 84);
        private final LinearImpl fc3 = linear("fc3", 84, 10);

        @Override
        Tensor forward(Tensor x) {
            Tensor h = maxPool(conv1.forward(x).relu(), 2, 2, 0);
            h = maxPool(conv2.forward(h).relu(), 2, 2, 0);
            h = fc1.forward(h.flatten(1, -1)).relu();
            h = fc2.forward(h).relu();
            return fc3.forward(h);
        }
    }

    /** torchvision's ResNet-18. */
    static final class ResNet18 extends PlainModel {

        private final Conv2dImpl conv1 = conv("conv1", 3, 64, 7, 2, 3, false);
        private final BatchNorm2dImpl bn1 = norm("bn1", 64);
        private final Block[] blocks = {
            block("layer1.0", 64, 64), block("layer1.1", 64, 64),
            block("layer2.0", 64, 128), block("layer2.1", 128, 128),
            block("layer3.0", 128, 256), block("layer3.1", 256, 256),
            block("layer4.0", 256, 512), block("layer4.1", 512, 512)
        };
        private final LinearImpl fc = linear("fc", 512, 10);

        private Block block(String name, int in, int out) {
            return register_module(name.replace('.', '_'), new Block(in, out));
        }

        @Override
        Tensor forward(Tensor x) {
            Tensor h = maxPool(bn1.forward(conv1.forward(x)).relu_(), 3, 2, 1);
            for (Block block : blocks) {
                h = block.forward(h);
            }
            return fc.forward(torch.adaptive_avg_pool2d(h, 1, 1).flatten(1, -1));
        }
    }

    private static final class Block extends PlainModel {

        private final Conv2dImpl conv1;
        private final BatchNorm2dImpl bn1;
        private final Conv2dImpl conv2;
        private final BatchNorm2dImpl bn2;
        private final Conv2dImpl downsample;
        private final BatchNorm2dImpl downsampleNorm;

        Block(int in, int out) {
            int stride = in == out ? 1 : 2;
            conv1 = conv("conv1", in, out, 3, stride, 1, false);
            bn1 = norm("bn1", out);
            conv2 = conv("conv2", out, out, 3, 1, 1, false);
            bn2 = norm("bn2", out);
            downsample = in == out ? null : conv("downsample", in, out, 1, stride, 0, false);
            downsampleNorm = in == out ? null : norm("downsample_norm", out);
        }

        @Override
        Tensor forward(Tensor x) {
            Tensor h = bn1.forward(conv1.forward(x)).relu_();
            h = bn2.forward(conv2.forward(h));
            Tensor identity = downsample == null ? x : downsampleNorm.forward(downsample.forward(x));
            return h.add_(identity).relu_();
        }
    }
}
