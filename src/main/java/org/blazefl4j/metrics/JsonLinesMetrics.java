package org.blazefl4j.metrics;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.blazefl4j.binding.Build;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.SimulationSummary;
import org.blazefl4j.util.Libraries;

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
     * @throws IllegalStateException if jackson-jr is missing
     */
    public JsonLinesMetrics(Path file) {
        this(ResultFile.create(withLibrary(file)));
    }

    /**
     * For a run with checkpoints: the file is made at the first line, or taken up again when a checkpoint is restored.
     * To go on without the file that the run had, name one that is not there: it is begun with the next round.
     *
     * @param file in a folder that exists; a file that is there already is touched only by a restored checkpoint
     * @throws IllegalStateException if jackson-jr is missing
     */
    public static JsonLinesMetrics resumable(Path file) {
        return new JsonLinesMetrics(ResultFile.resumable(withLibrary(file)));
    }

    private static Path withLibrary(Path file) {
        Libraries.require(
                JsonLinesMetrics.class, "com.fasterxml.jackson.jr.ob.JSON", Build.library("jackson-jr-objects"));
        return file;
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

    /** Cuts off what a run that ends before its next round was not to go on from. */
    @Override
    public void runFinished(SimulationSummary summary) {
        file.cutOff();
    }

    /** Whether it has no line yet. */
    public boolean isEmpty() {
        return file.isEmpty();
    }

    /** Writes which file it is and how far it goes, after it was synced to the disk, and a checksum of it. */
    @Override
    public void save(CheckpointWriter out) {
        file.save(out);
    }

    /**
     * Goes on in the file as it was when it was saved; lines written after that are cut off. A file of another name
     * that is not there is begun.
     *
     * @throws IllegalArgumentException if the saved file is missing, shorter than it was, or another; it is then as
     *     before
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
