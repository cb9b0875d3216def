package org.blazefl4j.model;

/** {@link ModelName#MLP}. */
final class Mlp extends Classifier {

    private static final int HIDDEN = 200;

    Mlp(int inputs, int classes) {
        Checks.positive("inputs", inputs);
        Checks.positive("classes", classes);
        add(Layer.flatten());
        add("fc1", Layer.linear(inputs, HIDDEN)).add(Layer.relu());
        add("fc2", Layer.linear(HIDDEN, HIDDEN)).add(Layer.relu());
        add("fc3", Layer.linear(HIDDEN, classes));
    }
}
