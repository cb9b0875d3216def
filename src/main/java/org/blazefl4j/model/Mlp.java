package org.blazefl4j.model;

import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Tensor;

/**
 * Two hidden layers of 200 units, the "2NN" of McMahan et al. (AISTATS 2017): 199 210 parameters for 784 inputs and 10
 * classes.
 */
public final class Mlp extends Model implements Model.Split {

    private static final int HIDDEN = 200;

    private final LinearImpl fc1;
    private final LinearImpl fc2;
    private final LinearImpl fc3;

    /** Creates the network for samples of {@code inputs} elements. */
    public Mlp(int inputs, int classes) {
        Checks.positive("inputs", inputs);
        Checks.positive("classes", classes);
        fc1 = linear("fc1", inputs, HIDDEN);
        fc2 = linear("fc2", HIDDEN, HIDDEN);
        fc3 = linear("fc3", HIDDEN, classes);
    }

    /** Computes the output for samples of any shape, which it flattens. */
    @Override
    public Tensor forward(Tensor x) {
        return head(features(x));
    }

    /** Computes the 200 units of the second hidden layer. */
    @Override
    public Tensor features(Tensor x) {
        Tensor h = fc1.forward(x.flatten(1, -1)).relu_();
        return fc2.forward(h).relu_();
    }

    @Override
    public Tensor head(Tensor features) {
        return fc3.forward(features);
    }
}
