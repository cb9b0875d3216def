package org.blazefl4j.cli.bench;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.blazefl4j.util.Causes;

/** Writes a report to files. */
public final class BenchFiles {

    private BenchFiles() {}

    /**
     * Writes {@code bench.json}, {@code bench.csv} and {@code bench.html}.
     *
     * @param folder an existing folder without such files
     * @return the page
     * @throws UncheckedIOException if a file exists or cannot be written
     */
    public static Path write(BenchReport report, Path folder) {
        String json = json(report);
        write(folder.resolve("bench.json"), json + "\n");
        write(folder.resolve("bench.csv"), BenchCsv.of(report));
        return write(folder.resolve("bench.html"), BenchPage.of(report, json));
    }

    private static String json(BenchReport report) {
        try {
            return JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(BenchData.of(report));
        } catch (IOException e) {
            throw new UncheckedIOException("maps of numbers and strings convert to JSON", e);
        }
    }

    private static Path write(Path file, String text) {
        try {
            return Files.writeString(file, text, StandardOpenOption.CREATE_NEW);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot write results: file=" + file.toAbsolutePath() + ", found=" + Causes.describe(e)
                            + "; choose a writable folder",
                    e);
        }
    }
}
