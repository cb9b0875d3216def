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

/**
 * A run as its {@code metrics.jsonl} tells of it.
 *
 * @param file the file
 * @param configuration what its line of that type says; empty if it has none
 * @param firstRound 1, or a later one if the run went on without the results of the rounds before
 * @param rounds the values of that round and those after it, at least one, each with {@code sha256}
 * @param resumptions each time that the run went on after an interruption
 */
public record RecordedRun(
        Path file,
        Map<String, Object> configuration,
        int firstRound,
        List<Map<String, Object>> rounds,
        List<Resumption> resumptions) {

    /**
     * A run that went on.
     *
     * @param completedRounds the rounds before
     * @param configuration that of the rounds after
     */
    record Resumption(Object completedRounds, Map<String, Object> configuration) {

        private static final List<String> NO_CONDITIONS =
                List.of("checkpoint", "damaged_checkpoints", "environment_differences");

        private static Resumption of(Map<String, Object> line) {
            line.keySet().removeAll(NO_CONDITIONS);
            return new Resumption(line.remove("completed_rounds"), line);
        }
    }

    /**
     * Reads a run that has ended in any way.
     *
     * @param run the run's folder or its file
     * @throws UsageException if there is no such file, a line of it is cut or damaged, or it holds no round
     */
    public static RecordedRun read(Path run) {
        Path file = Files.isDirectory(run) ? run.resolve("metrics.jsonl") : run;
        Reader reader = new Reader(file);
        text(file).lines().forEach(reader::take);
        if (reader.rounds.isEmpty()) {
            throw new UsageException("nothing to compare: file=" + file
                    + ", rounds=0, limit=1 or more; name a run that completed a round");
        }
        return new RecordedRun(file, reader.configuration, reader.firstRound, reader.rounds, reader.resumptions);
    }

    int lastRound() {
        return firstRound + rounds.size() - 1;
    }

    /** The number of rounds, or where they do not begin with the first: from which to which. */
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
                throw new UsageException("result file is cut: file=" + file + ", line="
                        + text.lines().count() + ", limit=whole lines; copy it again from where the run wrote it");
            }
            return text;
        } catch (NoSuchFileException e) {
            throw new UsageException("no such run: file=" + file
                    + ", limit=a folder of results with metrics.jsonl, or such a file; name one");
        } catch (IOException e) {
            throw new UsageException("cannot read results: file=" + file + ", found=" + Causes.describe(e)
                    + "; name a file of JSON lines in UTF-8 that you may read");
        }
    }

    /** Takes the lines one after another. Types that it does not know are none of a comparison's business. */
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

        void take(String text) {
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
                throw damaged("type=" + Printable.line(type) + ", limit=configuration, round, summary");
            }
        }

        private Map<String, Object> parse(String text) {
            try {
                Map<String, Object> values = JSON.std.mapFrom(text);
                if (values != null) {
                    return values;
                }
            } catch (IOException e) {
                // said below: Jackson's own words quote the whole line
            }
            throw damaged("limit=one JSON object a line");
        }

        /** Where no round is before it, the rounds before are in another file. */
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
                throw damaged("round=" + Printable.line(round) + ", limit=" + expected);
            }
            if (!(values.get("sha256") instanceof String)) {
                throw damaged("sha256=" + Printable.line(values.get("sha256"))
                        + ", limit=the hash of the global model in every round");
            }
            rounds.add(values);
        }

        private UsageException damaged(String found) {
            return new UsageException("result file is damaged: file=" + file + ", line=" + line + ", " + found
                    + "; name a file as 'blazefl4j run' writes it");
        }
    }
}
