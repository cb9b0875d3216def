package org.blazefl4j.benchmarks;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Reads and writes JSON files of {@link Measurement}s, with all values. */
final class MeasurementFile {

    private static final JSON JSON_TEXT = JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT);

    private MeasurementFile() {}

    /** Writes the file, and replaces an existing one. */
    static void write(Path file, List<Measurement> measurements) throws IOException {
        Files.writeString(file, JSON_TEXT.asString(measurements) + "\n");
    }

    /** Reads what {@link #write} wrote. */
    static List<Measurement> read(Path file) throws IOException {
        return JSON_TEXT.listOfFrom(Measurement.class, Files.readString(file));
    }
}
