package org.blazefl4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** How busy the machine was in the last minute, with everything that runs on it. */
final class LoadAverage {

    /** Above this share of the cores, what others run shows in the figures. */
    private static final double QUIET = 0.25;

    private LoadAverage() {}

    /** What this machine's load does to a measurement that begins now; empty if it is quiet or does not tell. */
    static Optional<Finding> finding() {
        try {
            String text = Files.readString(Path.of("/proc/loadavg"));
            return finding(
                    Double.parseDouble(text.split(" ")[0]), Runtime.getRuntime().availableProcessors());
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    static Optional<Finding> finding(double load, int cores) {
        if (load <= QUIET * cores) {
            return Optional.empty();
        }
        return Optional.of(new Finding(
                String.format(
                        Locale.ROOT,
                        "the machine was busy in the last minute: load average %.2f on %d cores; times come out longer",
                        load,
                        cores),
                "end what else runs, wait a minute, and measure again"));
    }
}
