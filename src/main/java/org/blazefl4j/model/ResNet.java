package org.blazefl4j.model;

import java.util.function.UnaryOperator;
import org.blazefl4j.model.Numerics.Autocast;
import org.blazefl4j.model.Numerics.MemoryLayout;
import org.blazefl4j.model.ResNetBlock.Kind;
import org.blazefl4j.model.ResNetBlock.Norm;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.FanModeType;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Nonlinearity;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.kFanOut;
import org.bytedeco.pytorch.kReLU;

/** The residual networks of {@link ModelName}, with the layers, names and initialisation of torchvision's. */
final class ResNet extends Model implements Model.Split {

    private static final int[] WIDTHS = {64, 128, 256, 512};

    private final Conv2dImpl conv1;
    private final UnaryOperator<Tensor> bn1;
    private final MaxPool maxpool;
    private final Sequential[] layers = new Sequential[WIDTHS.length];
    private final LinearImpl fc;

    private ResNet(Kind kind, Norm norm, int channels, int classes, int... depths) {
        Checks.positive("channels", channels);
        Checks.positive("classes", classes);
        conv1 = conv2d("conv1", channels, WIDTHS[0], 7, 2, 3, false);
        bn1 = norm.add("bn1", WIDTHS[0], this);
        maxpool = maxPool2d("maxpool", 3, 2, 1);
        int in = WIDTHS[0];
        for (int i = 0; i < WIDTHS.length; i++) {
            layers[i] = layer(kind, norm, in, WIDTHS[i], depths[i], i == 0 ? 1 : 2);
            register("layer" + (i + 1), layers[i]);
            in = WIDTHS[i] * kind.expansion();
        }
        fc = linear("fc", in, classes);
        initialiseConvolutions();
    }

    /** Creates a ResNet-18: two basic blocks in each of four layers. */
    static ResNet resNet18(int channels, int classes) {
        return new ResNet(Kind.BASIC, Norm.BATCH, channels, classes, 2, 2, 2, 2);
    }

    /** Creates a ResNet-18 with group normalisation. */
    static ResNet resNet18WithGroups(int channels, int classes) {
        return new ResNet(Kind.BASIC, Norm.GROUP, channels, classes, 2, 2, 2, 2);
    }

    /** Creates a ResNet-50: 3, 4, 6 and 3 bottleneck blocks. */
    static ResNet resNet50(int channels, int classes) {
        return new ResNet(Kind.BOTTLENECK, Norm.BATCH, channels, classes, 3, 4, 6, 3);
    }

    /** Creates a ResNet-101: 3, 4, 23 and 3 bottleneck blocks. */
    static ResNet resNet101(int channels, int classes) {
        return new ResNet(Kind.BOTTLENECK, Norm.BATCH, channels, classes, 3, 4, 23, 3);
    }

    private static Sequential layer(Kind kind, Norm norm, int in, int width, int depth, int stride) {
        Sequential blocks = new Sequential().add(new ResNetBlock(kind, norm, in, width, stride));
        for (int i = 1; i < depth; i++) {
            blocks.add(new ResNetBlock(kind, norm, width * kind.expansion(), width, 1));
        }
        return blocks;
    }

    /** Draws Kaiming-normal weights by fan-out, in the order of the names; normalisation starts at 1 and 0. */
    private void initialiseConvolutions() {
        try (PointerScope scope = new PointerScope()) {
            FanModeType fanOut = new FanModeType(new kFanOut());
            Nonlinearity relu = new Nonlinearity(new kReLU());
            TensorVector parameters = parameters();
            for (long i = 0; i < parameters.size(); i++) {
                Tensor weight = parameters.get(i);
                if (weight.dim() == 4) {
                    torch.kaiming_normal_(weight, 0, fanOut, relu);
                }
            }
        }
    }

    @Override
    public Tensor forward(Tensor x) {
        return head(features(x));
    }

    /** Computes the inputs of the last layer: the means of its channels over each image. */
    @Override
    public Tensor features(Tensor x) {
        Tensor h = maxpool.forward(bn1.apply(conv1.forward(x))).relu();
        for (Sequential layer : layers) {
            h = layer.forward(h);
        }
        return torch.adaptive_avg_pool2d(h, 1, 1).flatten(1, -1);
    }

    @Override
    public Tensor head(Tensor features) {
        return fc.forward(features);
    }

    @Override
    protected MemoryLayout quickestLayout(Autocast autocast) {
        return quickestForConvolutions(autocast);
    }
}
