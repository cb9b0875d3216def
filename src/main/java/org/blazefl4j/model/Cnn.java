package org.blazefl4j.model;

import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Tensor;

/**
 * The network of PyTorch's CIFAR-10 tutorial: two 5×5 convolutions with pooling, three linear layers. It has 62 006
 * parameters for 3×32×32 images and 10 classes. For 1×28×28 images, with 44 426 parameters, it is the network of
 * NIID-Bench (Q. Li et al.: Federated Learning on Non-IID Data Silos: An Experimental Study, ICDE 2022).
 */
public final class Cnn extends Model implements Model.Split {

    private static final int MIN_SIZE = 16;

    private final Conv2dImpl conv1;
    private final MaxPool pool;
    private final Conv2dImpl conv2;
    private final LinearImpl fc1;
    private final LinearImpl fc2;
    private final LinearImpl fc3;

    /** Creates the tutorial's network, for 3×32×32 images and 10 classes. */
    public Cnn() {
        this(3, 32, 32, 10);
    }

    /** Creates the network for other images, at least 16 pixels high and wide. */
    public Cnn(int channels, int height, int width, int classes) {
        Checks.positive("channels", channels);
        Checks.atLeast("height", height, MIN_SIZE);
        Checks.atLeast("width", width, MIN_SIZE);
        Checks.positive("classes", classes);
        conv1 = conv2d("conv1", channels, 6, 5);
        pool = maxPool2d("pool", 2, 2, 0);
        conv2 = conv2d("conv2", 6, 16, 5);
        fc1 = linear("fc1", 16L * reduced(height) * reduced(width), 120);
        fc2 = linear("fc2", 120, 84);
        fc3 = linear("fc3", 84, classes);
    }

    private static int reduced(int size) {
        return ((size - 4) / 2 - 4) / 2;
    }

    @Override
    public Tensor forward(Tensor x) {
        return head(features(x));
    }

    /** Computes the 84 inputs of the last layer. */
    @Override
    public Tensor features(Tensor x) {
        Tensor h = pool.forward(conv1.forward(x)).relu();
        h = pool.forward(conv2.forward(h)).relu();
        h = fc1.forward(h.flatten(1, -1)).relu_();
        return fc2.forward(h).relu_();
    }

    @Override
    public Tensor head(Tensor features) {
        return fc3.forward(features);
    }

    @Override
    protected MemoryLayout quickestLayout(Autocast autocast) {
        return quickestForConvolutions(autocast);
    }
}
