package org.blazefl4j.cli.verify;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.util.Causes;
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
        Path file = Files.isDirectory(run) ? run.resolve("metrics.jsonl") : run;
        Reader reader = new Reader(file);
        text(file).lines().forEach(reader::read);
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

    private static String text(Path file) {
        try {
            String text = Files.readString(file);
            if (!text.isEmpty() && !text.endsWith("\n")) {
                throw new UsageException("result file is truncated: file=" + file + ", line="
                        + text.lines().count() + ", expected=complete lines; copy the original file again");
            }
            return text;
        } catch (NoSuchFileException e) {
            throw new UsageException(
                    "no such run: file=" + file + ", expected=a result folder with metrics.jsonl, or that file");
        } catch (IOException e) {
            throw new UsageException("cannot read results: file=" + file + ", found=" + Causes.describe(e)
                    + "; choose a readable file of JSON lines in UTF-8");
        }
    }

    /** Collects the lines. Ignores unknown types, which a comparison does not need. */
    private static final class Reader {

        private final Path file;
        private final List<Map<String, Object>> rounds = new ArrayList<>();
        private final List<Resumption> resumptions = new ArrayList<>();
        private Map<String, Object> configuration = Map.of();
        private int firstRound = 1;
        private int line;

        Reader(Path file) {
            this.file = file;
        }

        void read(String text) {
            line++;
            Map<String, Object> values = parse(text);
            Object type = values.remove("type");
            if ("configuration".equals(type) && configuration.isEmpty()) {
                configuration = values;
            } else if ("round".equals(type)) {
                addRound(values);
            } else if ("resumed".equals(type)) {
                addResumption(Resumption.of(values));
            } else if (!(type instanceof String)) {
                throw damaged("type=" + Printable.line(type) + ", expected=configuration, round or summary");
            }
        }

        private Map<String, Object> parse(String text) {
            try {
                Map<String, Object> values = JSON.std.mapFrom(text);
                if (values != null) {
                    return values;
                }
            } catch (IOException e) {
                // not used as the cause, because Jackson's message quotes the whole line
            }
            throw damaged("expected=one JSON object a line");
        }

        /** Earlier rounds are in another file if none precedes the line. */
        private void addResumption(Resumption resumption) {
            resumptions.add(resumption);
            if (rounds.isEmpty() && resumption.completedRounds() instanceof Integer completed) {
                firstRound = completed + 1;
            }
        }

        private void addRound(Map<String, Object> values) {
            Object round = values.remove("round");
            int expected = firstRound + rounds.size();
            if (!Integer.valueOf(expected).equals(round)) {
                throw damaged("round=" + Printable.line(round) + ", expected=" + expected);
            }
            if (!(values.get("sha256") instanceof String)) {
                throw damaged(
                        "sha256=" + Printable.line(values.get("sha256")) + ", expected=the hash of the global model");
            }
            rounds.add(values);
        }

        private UsageException damaged(String found) {
            return new UsageException("result file is damaged: file=" + file + ", line=" + line + ", " + found
                    + "; choose a file written by 'blazefl4j run'");
        }
    }
}
