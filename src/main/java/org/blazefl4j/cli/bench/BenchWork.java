package org.blazefl4j.cli.bench;

import java.util.List;
import java.util.Locale;

/** What the rounds of {@code bench} do, as named on the command line. */
public enum BenchWork {
    EMPTY("--floats"),
    TRAINING("--model-name", "--samples", "--batch-size");

    private final List<String> options;

    BenchWork(String... options) {
        this.options = List.of(options);
    }

    /** The options that no other kind has. */
    List<String> options() {
        return options;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
