package org.blazefl4j.cli.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** The load of the machine in the last minute. */
final class LoadAverage {

    /** Other programs distort measurements above this load per core. */
    private static final double QUIET = 0.25;

    private LoadAverage() {}

    /** Returns the load average of the last minute; 0 if it is unknown. */
    static double read() {
        try {
            return Double.parseDouble(Files.readString(Path.of("/proc/loadavg")).split(" ")[0]);
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }

    /** Returns the problem of a busy machine; empty if it is quiet. */
    static Optional<Finding> finding(double load, int cores) {
        if (load <= QUIET * cores) {
            return Optional.empty();
        }
        return Optional.of(new Finding(
                String.format(
                        Locale.ROOT,
                        "the machine was busy in the last minute: load average %.2f on %d cores; measured times are too long",
                        load,
                        cores),
                "stop other programs, wait a minute, and measure again"));
    }
}
