package org.blazefl4j.model;

/**
 * Multinomial logistic regression: one linear layer, whose outputs are the logits. It has 610 parameters for 60 inputs
 * and 10 classes. Flattens its samples, which may have any shape.
 */
public final class LogisticRegression extends Sequential {

    /** Creates the model for samples of {@code inputs} elements. */
    public LogisticRegression(int inputs, int classes) {
        Checks.positive("inputs", inputs);
        Checks.positive("classes", classes);
        add(Layer.flatten()).add("fc", Layer.linear(inputs, classes));
    }
}
