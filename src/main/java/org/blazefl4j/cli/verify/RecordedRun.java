package org.blazefl4j.cli.verify;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.report.ResultLines;
import org.blazefl4j.report.ResultLines.Line;
import org.blazefl4j.util.Printable;
import org.jspecify.annotations.Nullable;

/**
 * A run as recorded in {@code metrics.jsonl}.
 *
 * @param configuration the values of the configuration line; empty if there is none
 * @param firstRound 1, or a later round if the run was resumed without its earlier results
 * @param rounds the values of the first and later rounds, at least one, each with {@code sha256}
 * @param resumptions the continuations of the run after interruptions
 */
public record RecordedRun(
        Path file,
        Map<String, Object> configuration,
        int firstRound,
        List<Map<String, Object>> rounds,
        List<Resumption> resumptions) {

    /**
     * A continuation of a run.
     *
     * @param completedRounds the number of earlier rounds
     * @param configuration the configuration of the later rounds
     */
    record Resumption(@Nullable Object completedRounds, Map<String, Object> configuration) {

        private static final List<String> NO_CONDITIONS =
                List.of("checkpoint", "damaged_checkpoints", "environment_differences");

        private static Resumption of(Map<String, Object> line) {
            line.keySet().removeAll(NO_CONDITIONS);
            return new Resumption(line.remove("completed_rounds"), line);
        }
    }

    /**
     * Reads a run, whether or not it was completed.
     *
     * @param run the run's folder or its file
     * @throws UsageException if the file is missing, truncated or damaged, or contains no round
     */
    public static RecordedRun read(Path run) {
        Path file = ResultLines.file(run);
        Reader reader = new Reader();
        try {
            ResultLines.read(run, false).forEach(reader::read);
        } catch (IllegalArgumentException e) {
            throw UsageException.insteadOf(e, String.valueOf(e.getMessage()));
        }
        if (reader.rounds.isEmpty()) {
            throw new UsageException(
                    "nothing to compare: file=" + file + ", rounds=0, limit=1; choose a run that completed a round");
        }
        return new RecordedRun(file, reader.configuration, reader.firstRound, reader.rounds, reader.resumptions);
    }

    int lastRound() {
        return firstRound + rounds.size() - 1;
    }

    /** Returns the number of rounds, or the first and last round if they do not start with 1. */
    String range() {
        return firstRound == 1 ? Integer.toString(rounds.size()) : firstRound + " to " + lastRound();
    }

    Map<String, Object> round(int round) {
        return rounds.get(round - firstRound);
    }

    /** Collects the lines. Ignores unknown types, which a comparison does not need. */
    private static final class Reader {

        private final List<Map<String, Object>> rounds = new ArrayList<>();
        private final List<Resumption> resumptions = new ArrayList<>();
        private Map<String, Object> configuration = Map.of();
        private int firstRound = 1;

        void read(Line line) {
            Map<String, Object> values = line.values();
            switch (line.type()) {
                case "configuration" -> configuration = configuration.isEmpty() ? values : configuration;
                case "round" -> addRound(line, values);
                case "resumed" -> addResumption(Resumption.of(values));
                default -> {} // not needed to compare
            }
        }

        /** Earlier rounds are in another file if none precedes the line. */
        private void addResumption(Resumption resumption) {
            resumptions.add(resumption);
            if (rounds.isEmpty() && resumption.completedRounds() instanceof Integer completed) {
                firstRound = completed + 1;
            }
        }

        private void addRound(Line line, Map<String, Object> values) {
            Object round = values.remove("round");
            int expected = firstRound + rounds.size();
            if (!Integer.valueOf(expected).equals(round)) {
                throw line.damaged("round=" + Printable.line(round) + ", expected=" + expected);
            }
            if (!(values.get("sha256") instanceof String)) {
                throw line.damaged(
                        "sha256=" + Printable.line(values.get("sha256")) + ", expected=the hash of the global model");
            }
            rounds.add(values);
        }
    }
}
