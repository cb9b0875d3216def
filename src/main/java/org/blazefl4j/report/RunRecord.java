package org.blazefl4j.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.blazefl4j.report.ResultLines.Line;
import org.jspecify.annotations.Nullable;

/**
 * A run as its result file tells it, complete or not.
 *
 * @param name what readers know it by
 * @param configuration the values of the configuration line; empty if there is none
 * @param rounds the values of each round
 * @param partition the samples of the clients, if they were recorded
 * @param accuracies of the clients when they were evaluated last; empty if they were not
 * @param unseen the accuracies of clients that never train likewise
 * @param summary the values of the last summary; empty if the run has not ended
 */
public record RunRecord(
        String name,
        Map<String, Object> configuration,
        List<Map<String, Object>> rounds,
        Optional<Partition> partition,
        List<Double> accuracies,
        List<Double> unseen,
        Map<String, Object> summary) {

    /**
     * Reads a run.
     *
     * @param run the run's folder or its file
     * @param growing whether the run still writes to it
     * @throws IllegalArgumentException if the file is missing, truncated or damaged
     */
    public static RunRecord read(Path run, boolean growing) {
        Map<String, Object> configuration = Map.of();
        Map<String, Object> summary = Map.of();
        Optional<Partition> partition = Optional.empty();
        List<Double> accuracies = List.of();
        List<Double> unseen = List.of();
        List<Map<String, Object>> rounds = new ArrayList<>();
        for (Line line : ResultLines.read(run, growing)) {
            switch (line.type()) {
                case "configuration" -> configuration = configuration.isEmpty() ? line.values() : configuration;
                case "partition" -> partition = Partition.from(line.values());
                case "clients" -> accuracies = numbers(line.values().get("accuracy"));
                case "unseen_clients" -> unseen = numbers(line.values().get("accuracy"));
                case "summary" -> summary = line.values();
                case "resumed" -> summary = Map.of(); // of an interrupted part
                case "round" -> rounds.add(checked(line));
                default -> {} // other versions may write more
            }
        }
        return new RunRecord(name(run), configuration, rounds, partition, accuracies, unseen, summary);
    }

    private static Map<String, Object> checked(Line line) {
        if (!(line.values().get("round") instanceof Integer round) || round < 1) {
            throw line.damaged("round=" + line.values().get("round") + ", expected=a number from 1");
        }
        return line.values();
    }

    private static List<Double> numbers(@Nullable Object values) {
        return values instanceof List<?> list
                ? list.stream().map(RunRecord::number).toList()
                : List.of();
    }

    private static String name(Path run) {
        Path path = run.toAbsolutePath().normalize();
        Path folder = path.equals(ResultLines.file(path)) ? path.getParent() : path;
        Path name = folder == null ? null : folder.getFileName();
        return name == null ? path.toString() : name.toString();
    }

    /** Returns the run under another name. */
    public RunRecord named(String other) {
        return new RunRecord(other, configuration, rounds, partition, accuracies, unseen, summary);
    }

    /** Returns a figure of each round, NaN where it is missing. */
    double[] column(String column) {
        return rounds.stream().mapToDouble(round -> number(round.get(column))).toArray();
    }

    /** Returns the seconds that rounds have taken, up to and with each. */
    double[] time() {
        return sums(column("total_seconds"));
    }

    static double[] sums(double[] values) {
        double[] sums = new double[values.length];
        double sum = 0;
        for (int i = 0; i < values.length; i++) {
            sum += Double.isNaN(values[i]) ? 0 : values[i];
            sums[i] = sum;
        }
        return sums;
    }

    double summary(String figure) {
        return number(summary.get(figure));
    }

    private static double number(@Nullable Object value) {
        if (value instanceof Number number) {
            return number.doubleValue();
        }
        return value instanceof String text && text.matches("-?Infinity") ? Double.parseDouble(text) : Double.NaN;
    }

    boolean has(String column) {
        return rounds.stream().anyMatch(round -> Double.isFinite(number(round.get(column))));
    }
}
