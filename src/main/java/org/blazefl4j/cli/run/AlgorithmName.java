package org.blazefl4j.cli.run;

import java.util.Locale;

/** The federated algorithms, as named on the command line. */
public enum AlgorithmName {
    FEDAVG("FedAvg", 100),
    SCAFFOLD("SCAFFOLD", 100),
    DSFL("DS-FL", 20);

    private final String title;
    private final int defaultClients;

    AlgorithmName(String title, int defaultClients) {
        this.title = title;
        this.defaultClients = defaultClients;
    }

    /** As its authors call it. */
    String title() {
        return title;
    }

    /**
     * The number of clients where none is given. Clients of DS-FL start from models that know nothing, not from one
     * that others have trained, so that each needs more images.
     */
    int defaultClients() {
        return defaultClients;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
