package org.blazefl4j.cli.doctor;

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

    /** The processors that were asked for in the last minute; 0 if the machine does not tell. */
    static double read() {
        try {
            return Double.parseDouble(Files.readString(Path.of("/proc/loadavg")).split(" ")[0]);
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }

    /** What this load does to what is measured or run now; empty if the machine is quiet. */
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
