package org.blazefl4j.metrics;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.blazefl4j.core.RoundReport;

/**
 * Writes one JSON object per line, with its kind as {@code type}: {@code "round"} for a round, with the values of
 * {@link CsvMetrics}, and the kinds passed to {@link #write}, such as the configuration. Numbers that JSON lacks become
 * the strings {@code "NaN"}, {@code "Infinity"} and {@code "-Infinity"}.
 *
 * <p>Each line reaches the operating system before the call returns. Needs jackson-jr on the class path.
 */
public final class JsonLinesMetrics extends ResultFile {

    /**
     * Creates the file.
     *
     * @param file a new file in an existing folder
     * @throws UncheckedIOException if the file exists or cannot be written
     * @throws IllegalStateException if jackson-jr is missing
     */
    public JsonLinesMetrics(Path file) {
        this(file, false);
    }

    private JsonLinesMetrics(Path file, boolean resumable) {
        super(file, resumable, "com.fasterxml.jackson.jr.ob.JSON", "jackson-jr-objects");
    }

    /**
     * Writes a file of a run with checkpoints: creates it at the first line, or continues it when a checkpoint is
     * restored. To continue without the run's earlier file, name a new one, which begins with the next round.
     *
     * @param file in an existing folder; an existing file is changed only after a checkpoint is restored
     * @throws IllegalStateException if jackson-jr is missing
     */
    public static JsonLinesMetrics resumable(Path file) {
        return new JsonLinesMetrics(file, true);
    }

    /**
     * Writes one line.
     *
     * @param type the line's kind
     * @param values by name: numbers, strings, booleans, nulls, and maps and lists of them
     * @throws UncheckedIOException if the file cannot be written
     */
    public void write(String type, Map<String, ?> values) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("type", type);
        line.putAll(values);
        try {
            write((JSON.std.asString(line) + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void roundFinished(RoundReport report) {
        write("round", RoundRow.of(report));
    }
}
