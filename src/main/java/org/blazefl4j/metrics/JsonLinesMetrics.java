package org.blazefl4j.metrics;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;

/**
 * Writes one JSON object per line, each with its kind as {@code type}: {@code "round"} for a round, with the values of
 * {@link CsvMetrics}, and others as {@link #write} is called, such as the configuration. Numbers that JSON lacks are
 * the strings {@code "NaN"}, {@code "Infinity"} and {@code "-Infinity"}.
 *
 * <p>Each line is handed to the operating system before its call returns. Needs jackson-jr on the class path.
 */
public final class JsonLinesMetrics implements RoundListener<Object>, AutoCloseable {

    private final Path file;
    private final OutputStream out;

    /**
     * Makes the file.
     *
     * @param file a new file in a folder that exists
     * @throws java.io.UncheckedIOException if the file exists or cannot be written
     */
    public JsonLinesMetrics(Path file) {
        this.file = file;
        this.out = ResultFile.create(file);
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
            out.write((JSON.std.asString(line) + "\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
        } catch (IOException e) {
            throw ResultFile.failed(file, e);
        }
    }

    @Override
    public void roundFinished(RoundReport report) {
        write("round", RoundRow.of(report));
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw ResultFile.failed(file, e);
        }
    }
}
