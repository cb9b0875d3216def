package org.blazefl4j.metrics;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;

/**
 * Writes one JSON object per line, each with its kind as {@code type}: {@code "round"} for a round, with the values of
 * {@link CsvMetrics}, and others as {@link #write} is called, such as the configuration. Numbers that JSON lacks are
 * the strings {@code "NaN"}, {@code "Infinity"} and {@code "-Infinity"}.
 *
 * <p>Each line is handed to the operating system before its call returns. Needs jackson-jr on the class path.
 */
public final class JsonLinesMetrics implements RoundListener<Object>, Checkpointable, AutoCloseable {

    private final ResultFile file;

    private JsonLinesMetrics(ResultFile file) {
        this.file = file;
    }

    /**
     * Makes the file.
     *
     * @param file a new file in a folder that exists
     * @throws java.io.UncheckedIOException if the file exists or cannot be written
     */
    public JsonLinesMetrics(Path file) {
        this(ResultFile.create(file));
    }

    /**
     * For a run with checkpoints: the file is made at the first line, or taken up again when a checkpoint is restored.
     *
     * @param file in a folder that exists; a file that is there already is touched only by a restored checkpoint
     */
    public static JsonLinesMetrics resumable(Path file) {
        return new JsonLinesMetrics(ResultFile.resumable(file));
    }

    /**
     * Writes one line.
     *
     * @param type the line's kind
     * @param values by name: numbers, strings, booleans, nulls, and maps and lists of them
     * @throws java.io.UncheckedIOException if the file cannot be written
     */
    public void write(String type, Map<String, ?> values) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("type", type);
        line.putAll(values);
        try {
            file.write((JSON.std.asString(line) + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw file.failed(e);
        }
    }

    @Override
    public void roundFinished(RoundReport report) {
        write("round", RoundRow.of(report));
    }

    /** Writes how far the file goes, after it was synced to the disk, and a checksum of it. */
    @Override
    public void save(CheckpointWriter out) {
        file.save(out);
    }

    /**
     * Goes on in the file as it was when it was saved; lines written after that are cut off.
     *
     * @throws IllegalArgumentException if the file is missing, shorter than it was, or another; it is then as before
     */
    @Override
    public void restore(CheckpointReader in) {
        file.restore(in);
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw file.failed(e);
        }
    }
}
