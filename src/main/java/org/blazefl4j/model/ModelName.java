package org.blazefl4j.model;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The library's models. */
public enum ModelName {
    /**
     * The network of PyTorch's CIFAR-10 tutorial, for images at least 16 pixels high and wide: two 5×5 convolutions
     * with pooling, three linear layers; the last one has 84 inputs. It has 62 006 parameters for 3×32×32 images and 10
     * classes. For 1×28×28 images, with 44 426 parameters, it is the network of NIID-Bench (Q. Li et al.: Federated
     * Learning on Non-IID Data Silos: An Experimental Study, ICDE 2022).
     */
    CNN,
    /**
     * The convolutional network of McMahan et al. (Communication-Efficient Learning of Deep Networks from Decentralized
     * Data, AISTATS 2017), for images at least 4 pixels high and wide: two 5×5 convolutions with 32 and 64 channels and
     * pooling, a hidden layer of 512 units. It has 1 663 370 parameters for 1×28×28 images and 10 classes.
     */
    MCMAHAN,
    /**
     * LeNet-5 (LeCun et al., Proceedings of the IEEE 1998) as it is used today, with ReLU, max pooling and full
     * connections, for images at least 12 pixels high and wide: two 5×5 convolutions with 6 and 16 channels, the first
     * one padded by 2, and three linear layers; the last one has 84 inputs. It has 61 706 parameters for 1×28×28 images
     * and 10 classes.
     */
    LENET,
    /**
     * Two hidden layers of 200 units, the "2NN" of McMahan et al. (AISTATS 2017): 199 210 parameters for 784 inputs and
     * 10 classes. Flattens its samples, which may have any shape.
     */
    MLP,
    /**
     * Multinomial logistic regression: one linear layer, whose outputs are the logits. It has 610 parameters for 60
     * inputs and 10 classes. Flattens its samples, which may have any shape.
     */
    LOGISTIC,
    /**
     * A residual network (He et al., CVPR 2016) with the layers, names and initialisation of torchvision's: two basic
     * blocks in each of four layers. It has 11 181 642 parameters and 11 191 262 elements in its state for 10 classes.
     */
    RESNET18,
    /** A residual network as {@link #RESNET18}, with 3, 4, 6 and 3 bottleneck blocks. */
    RESNET50,
    /** A residual network as {@link #RESNET18}, with 3, 4, 23 and 3 bottleneck blocks. */
    RESNET101,
    /**
     * {@link #RESNET18} with group normalisation in two groups in place of batch normalisation (Hsieh et al.: The
     * Non-IID Data Quagmire of Decentralized Machine Learning, ICML 2020; Reddi et al.: Adaptive Federated
     * Optimization, ICLR 2021): no buffers, and clients may train on single images.
     */
    RESNET18_GN,
    /**
     * The next-character model of McMahan et al. (AISTATS 2017) and LEAF: an embedding of 8 numbers, two LSTM layers of
     * 256 units, and a linear layer on the last state. A sample is a sequence of tokens, numbers below the number of
     * classes, in any shape and type; it has 822 570 parameters for 90 tokens.
     */
    LSTM,
    /**
     * A small transformer that predicts the token after a sequence, as GPT: 4 blocks of 128 units with 4 heads of
     * causal attention, learnt positions, LayerNorm first, GELU. A sample is a sequence of tokens of one length: that
     * of images, channels times height times width.
     */
    GPT,
    /**
     * {@link #GPT} whose attention is trained by updates of rank 8 (LoRA: Hu et al., ICLR 2022), the tensors
     * {@code blocks.*.lora_a} and {@code blocks.*.lora_b}; everything else stays as it is, for a state from a file.
     */
    GPT_LORA;

    /**
     * Parses a name such as {@code cnn} or {@code resnet18}, in upper or lower case.
     *
     * @throws IllegalArgumentException if there is no such model; the message lists the known ones
     */
    public static ModelName fromName(String name) {
        for (ModelName each : values()) {
            if (each.name().equalsIgnoreCase(name)) {
                return each;
            }
        }
        String known = Arrays.stream(values()).map(ModelName::toString).collect(Collectors.joining(", "));
        throw new IllegalArgumentException("unknown model: name=" + name + ", expected=one of " + known);
    }

    /** Returns whether samples are sequences of tokens: text, not images or other numbers. */
    public boolean takesTokens() {
        return this == LSTM || this == GPT || this == GPT_LORA;
    }

    /** Creates the model for such images, with parameters drawn from the default generator. The caller owns it. */
    public Model create(int channels, int height, int width, int classes) {
        Checks.positive("channels", channels);
        Checks.positive("height", height);
        Checks.positive("width", width);
        return switch (this) {
            case CNN -> new Cnn(channels, height, width, classes);
            case MCMAHAN -> new McMahanCnn(channels, height, width, classes);
            case LENET -> new LeNet(channels, height, width, classes);
            case MLP -> new Mlp(pixels(channels, height, width), classes);
            case LOGISTIC -> new LogisticRegression(pixels(channels, height, width), classes);
            case RESNET18 -> ResNet.resNet18(channels, classes);
            case RESNET50 -> ResNet.resNet50(channels, classes);
            case RESNET101 -> ResNet.resNet101(channels, classes);
            case RESNET18_GN -> ResNet.resNet18WithGroups(channels, classes);
            case LSTM -> new CharLstm(classes);
            case GPT -> new Gpt(classes, pixels(channels, height, width), false);
            case GPT_LORA -> new Gpt(classes, pixels(channels, height, width), true);
        };
    }

    private static int pixels(int channels, int height, int width) {
        return Math.multiplyExact(Math.multiplyExact(channels, height), width);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
