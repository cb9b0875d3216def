package org.blazefl4j.cli.bench;

import java.util.List;
import java.util.Locale;

/** The kinds of rounds in {@code bench}, as named on the command line. */
enum BenchWork {
    EMPTY("--floats"),
    TRAINING("--model-name", "--samples", "--batch-size");

    private final List<String> options;

    BenchWork(String... options) {
        this.options = List.of(options);
    }

    /** Returns the options that only this kind has. */
    List<String> options() {
        return options;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
