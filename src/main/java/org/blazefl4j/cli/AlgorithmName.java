package org.blazefl4j.cli;

import java.util.Locale;

/** The federated algorithms, as named on the command line. */
enum AlgorithmName {
    FEDAVG("FedAvg"),
    SCAFFOLD("SCAFFOLD"),
    DSFL("DS-FL");

    private final String title;

    AlgorithmName(String title) {
        this.title = title;
    }

    /** As its authors call it. */
    String title() {
        return title;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
