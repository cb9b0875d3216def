package org.blazefl4j.soak;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.jr.ob.JSON;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.NamedCsvRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A run's result files, line by line, without times.
 *
 * @param csv the rows by column
 * @param json the lines' values by name
 */
record RunResults(List<Map<String, String>> csv, List<Map<String, Object>> json) {

    private static final String TIME = "_seconds";

    /** Reads the results in the folder of {@link CheckpointProgram}. */
    static RunResults of(Path folder) throws IOException {
        List<Map<String, String>> rows = new ArrayList<>();
        try (CsvReader<NamedCsvRecord> reader =
                CsvReader.builder().ofNamedCsvRecord(folder.resolve(CheckpointProgram.CSV))) {
            reader.forEach(row -> rows.add(new LinkedHashMap<>(row.getFieldsAsMap())));
        }
        List<Map<String, Object>> lines = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve(CheckpointProgram.JSON))) {
            lines.add(new LinkedHashMap<>(JSON.std.mapFrom(line)));
        }
        rows.forEach(row -> row.keySet().removeIf(name -> name.endsWith(TIME)));
        lines.forEach(line -> line.keySet().removeIf(name -> name.endsWith(TIME)));
        return new RunResults(rows, lines);
    }

    /** Returns the hash of the model after the last round. */
    String sha256() {
        return csv.get(csv.size() - 1).get("sha256");
    }

    /** Fails unless every line is the same. */
    void requireEqual(RunResults other) {
        assertThat(csv).isEqualTo(other.csv);
        assertThat(json).isEqualTo(other.json);
    }
}
