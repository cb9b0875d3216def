package org.blazefl4j.cli.sweep;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The first and the last line of a completed run's results. */
final class RunSummary {

    private static final String FILE = "metrics.jsonl";

    private RunSummary() {}

    /**
     * Returns the figures of a run that has completed: those that do not depend on the clock, and seconds_per_round.
     */
    static Optional<Map<String, Double>> figures(Path folder) {
        try {
            String text = Files.readString(folder.resolve(FILE));
            if (!text.endsWith("\n")) {
                return Optional.empty(); // killed while it wrote a line
            }
            String last = text.substring(text.lastIndexOf('\n', text.length() - 2) + 1);
            Map<String, Object> values = JSON.std.mapFrom(last);
            boolean completed = "summary".equals(values.get("type")) && "completed".equals(values.get("status"));
            return completed ? Optional.of(figures(values)) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty(); // not there yet, or cut
        }
    }

    /** Returns the values of the line that a run's results begin with; empty if there is none. */
    static Map<String, Object> configuration(Path folder) {
        try (BufferedReader reader = Files.newBufferedReader(folder.resolve(FILE))) {
            String line = reader.readLine();
            Map<String, Object> values = line == null ? Map.of() : JSON.std.mapFrom(line);
            return "configuration".equals(values.get("type")) ? values : Map.of();
        } catch (IOException e) {
            return Map.of();
        }
    }

    private static Map<String, Double> figures(Map<String, Object> values) {
        Map<String, Double> figures = new LinkedHashMap<>();
        values.forEach((name, value) -> {
            if (isFigure(name) && value instanceof Number number) {
                figures.put(name, number.doubleValue());
            } else if (isFigure(name) && value instanceof String text && text.matches("NaN|-?Infinity")) {
                figures.put(name, Double.valueOf(text));
            }
        });
        return figures;
    }

    private static boolean isFigure(String name) {
        boolean ofClock = name.endsWith("_seconds") || name.endsWith("_per_second") || name.endsWith("_bytes");
        boolean ofFailures = name.equals("dropped") || name.equals("retries") || name.contains("non_finite");
        return !ofClock && !ofFailures;
    }
}
