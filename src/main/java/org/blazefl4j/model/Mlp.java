package org.blazefl4j.model;

/**
 * Two hidden layers of 200 units, the "2NN" of McMahan et al. (AISTATS 2017): 199 210 parameters for 784 inputs and 10
 * classes. Flattens its samples, which may have any shape.
 */
public final class Mlp extends Classifier {

    private static final int HIDDEN = 200;

    /** Creates the network for samples of {@code inputs} elements. */
    public Mlp(int inputs, int classes) {
        Checks.positive("inputs", inputs);
        Checks.positive("classes", classes);
        add(Layer.flatten());
        add("fc1", Layer.linear(inputs, HIDDEN)).add(Layer.relu());
        add("fc2", Layer.linear(HIDDEN, HIDDEN)).add(Layer.relu());
        add("fc3", Layer.linear(HIDDEN, classes));
    }
}
