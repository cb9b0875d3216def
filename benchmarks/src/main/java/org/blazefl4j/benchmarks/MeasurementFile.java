package org.blazefl4j.benchmarks;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What was measured as a JSON file: an array of {@link Measurement}s, all values included. */
final class MeasurementFile {

    private static final JSON JSON_TEXT = JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT);

    private MeasurementFile() {}

    /** Writes the file; an existing one is replaced. */
    static void write(Path file, List<Measurement> measurements) throws IOException {
        Files.writeString(file, JSON_TEXT.asString(measurements) + "\n");
    }

    /** Reads what {@link #write} wrote. */
    static List<Measurement> read(Path file) throws IOException {
        return JSON_TEXT.listOfFrom(Measurement.class, Files.readString(file));
    }
}
