package org.blazefl4j.cli.run;

/** The data sets that the command line can read. */
public enum DatasetName {
    FASHION_MNIST("fashion-mnist"),
    MNIST("mnist"),
    CIFAR10("cifar10"),
    CIFAR100("cifar100");

    private final String label;

    DatasetName(String label) {
        this.label = label;
    }

    /** Whether the jar carries a subset, so that no folder is needed. */
    boolean isEmbedded() {
        return this == FASHION_MNIST;
    }

    @Override
    public String toString() {
        return label;
    }
}
