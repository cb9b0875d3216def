package org.blazefl4j.model;

/** {@link ModelName#LOGISTIC}. */
final class LogisticRegression extends Sequential {

    LogisticRegression(int inputs, int classes) {
        Checks.positive("inputs", inputs);
        Checks.positive("classes", classes);
        add(Layer.flatten()).add("fc", Layer.linear(inputs, classes));
    }
}
