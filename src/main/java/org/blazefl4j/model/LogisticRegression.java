package org.blazefl4j.model;

import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Tensor;

/**
 * Multinomial logistic regression: one linear layer, whose outputs are the logits. It has 610 parameters for 60 inputs
 * and 10 classes.
 */
public final class LogisticRegression extends Model {

    private final LinearImpl fc;

    /** Creates the model for samples of {@code inputs} elements. */
    public LogisticRegression(int inputs, int classes) {
        Checks.positive("inputs", inputs);
        Checks.positive("classes", classes);
        fc = linear("fc", inputs, classes);
    }

    /** Computes the output for samples of any shape, which it flattens. */
    @Override
    public Tensor forward(Tensor x) {
        return fc.forward(x.flatten(1, -1));
    }
}
