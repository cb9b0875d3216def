package org.blazefl4j.report;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.Printable;

/** Reads the lines of {@code metrics.jsonl}, each a JSON object with its type. */
public final class ResultLines {

    private ResultLines() {}

    /**
     * A line of a file.
     *
     * @param number from 1
     * @param values without the type
     */
    public record Line(Path file, int number, String type, Map<String, Object> values) {

        /** Returns what is thrown if the line says something that cannot be. */
        public IllegalArgumentException damaged(String found) {
            return ResultLines.damaged(file, number, found);
        }
    }

    /** Returns the file of a run, which is named by its folder or by the file. */
    public static Path file(Path run) {
        return Files.isDirectory(run) ? run.resolve("metrics.jsonl") : run;
    }

    /**
     * Reads a file.
     *
     * @param run the run's folder or its file
     * @param growing whether the run still writes to it; a last line that is not complete is then left out
     * @throws IllegalArgumentException if the file is missing, truncated or damaged
     */
    public static List<Line> read(Path run, boolean growing) {
        Path file = file(run);
        String text = text(file, growing);
        List<Line> lines = new ArrayList<>();
        text.lines().forEach(line -> lines.add(parse(file, lines.size() + 1, line)));
        return lines;
    }

    private static String text(Path file, boolean growing) {
        try {
            String text = Files.readString(file);
            if (growing) {
                return text.substring(0, text.lastIndexOf('\n') + 1);
            }
            if (!text.isEmpty() && !text.endsWith("\n")) {
                throw new IllegalArgumentException("result file is truncated: file=" + file + ", line="
                        + text.lines().count() + ", expected=complete lines; copy the original file again");
            }
            return text;
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException(
                    "no such run: file=" + file + ", expected=a result folder with metrics.jsonl, or that file");
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot read results: file=" + file + ", found=" + Causes.describe(e)
                    + "; choose a readable file of JSON lines in UTF-8");
        }
    }

    private static Line parse(Path file, int number, String text) {
        try {
            Map<String, Object> values = JSON.std.mapFrom(text);
            if (values != null) {
                Object type = values.remove("type");
                if (type instanceof String name) {
                    return new Line(file, number, name, values);
                }
                throw damaged(
                        file, number, "type=" + Printable.line(type) + ", expected=configuration, round or summary");
            }
        } catch (IOException e) {
            // not used as the cause, because Jackson's message quotes the whole line
        }
        throw damaged(file, number, "expected=one JSON object a line");
    }

    private static IllegalArgumentException damaged(Path file, int number, String found) {
        return new IllegalArgumentException("result file is damaged: file=" + file + ", line=" + number + ", " + found
                + "; choose a file written by 'blazefl4j run'");
    }
}
