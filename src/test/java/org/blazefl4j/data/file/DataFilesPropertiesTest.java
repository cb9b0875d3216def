package org.blazefl4j.data.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;

final class DataFilesPropertiesTest {

    /** Whatever numbers and labels a table has, they come back as they are, in the order of its rows. */
    @Property(tries = 50)
    void shouldReadWhatWasWritten(
            @ForAll @Size(min = 1, max = 40) List<Float> numbers,
            @ForAll @Size(min = 1, max = 40) List<@AlphaChars @StringLength(min = 1, max = 3) String> labels)
            throws IOException {
        int rows = Math.min(numbers.size(), labels.size());
        StringBuilder text = new StringBuilder("y,x\r\n");
        for (int i = 0; i < rows; i++) {
            text.append('"')
                    .append(labels.get(i))
                    .append("\",")
                    .append(numbers.get(i))
                    .append("\r\n");
        }
        Path file = Files.createTempFile("table", ".csv");
        try {
            Files.writeString(file, text);
            CsvOptions options = CsvOptions.of("y").withStandardised(false).withTestFile(file);
            try (FileData data = DataFiles.csv(file, options)) {
                float[] x = new float[rows];
                data.samples().trainImages().data_ptr_float().get(x);
                long[] y = new long[rows];
                data.samples().trainLabels().data_ptr_long().get(y);
                List<String> sorted =
                        labels.subList(0, rows).stream().distinct().sorted().toList();
                for (int i = 0; i < rows; i++) {
                    assertThat(x[i]).isEqualTo(numbers.get(i));
                    assertThat(y[i]).isEqualTo(sorted.indexOf(labels.get(i)));
                }
                assertThat(data.samples().classes()).isEqualTo(sorted.size());
            }
        } finally {
            Files.delete(file);
        }
    }
}
