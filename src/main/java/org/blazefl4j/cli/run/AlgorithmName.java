package org.blazefl4j.cli.run;

import java.util.Locale;

/** The federated algorithms, as named on the command line. */
enum AlgorithmName {
    FEDAVG("FedAvg", 100),
    SCAFFOLD("SCAFFOLD", 100),
    DSFL("DS-FL", 20);

    private final String title;
    private final int defaultClients;

    AlgorithmName(String title, int defaultClients) {
        this.title = title;
        this.defaultClients = defaultClients;
    }

    /** Returns the name that its authors use. */
    String title() {
        return title;
    }

    /**
     * Returns the default number of clients. It is lower for DS-FL, whose clients need more images each, because they
     * start from untrained models.
     */
    int defaultClients() {
        return defaultClients;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
