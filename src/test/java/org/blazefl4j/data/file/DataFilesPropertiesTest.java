package org.blazefl4j.data.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.blazefl4j.torch.Elements;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch.ScalarType;

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

    /** Whatever characters texts have, samples spell them in order, and the same ones have the same numbers. */
    @Property(tries = 50)
    void shouldSpellTheTextsThatWereWritten(
            @ForAll @Size(min = 1, max = 4) List<@StringLength(min = 30, max = 200) String> texts,
            @ForAll @IntRange(min = 1, max = 6) int length,
            @ForAll @IntRange(min = 1, max = 8) int step)
            throws IOException {
        List<String> whole =
                texts.stream().map(DataFilesPropertiesTest::readable).toList();
        Path folder = Files.createTempDirectory("texts");
        try {
            for (int i = 0; i < whole.size(); i++) {
                Files.writeString(folder.resolve(i + ".txt"), whole.get(i));
            }
            try (FileData data = DataFiles.text(folder, length, step, 0.5)) {
                List<String> expected = new ArrayList<>();
                List<Long> owners = new ArrayList<>();
                for (int i = 0; i < whole.size(); i++) {
                    int[] points = whole.get(i).codePoints().toArray();
                    int end = points.length - points.length / 2;
                    for (int at = 0; at + length < end; at += step) {
                        expected.add(new String(points, at, length + 1));
                        owners.add((long) i);
                    }
                }
                assertThat(spelt(data)).isEqualTo(expected);
                assertThat(Arrays.stream(data.trainOwners()).boxed().toList()).isEqualTo(owners);
                assertThat(data.vocabulary().subList(0, data.vocabulary().size() - 1))
                        .isSortedAccordingTo(Comparator.comparing(each -> each.codePointAt(0)))
                        .doesNotHaveDuplicates();
            }
        } finally {
            for (int i = 0; i < whole.size(); i++) {
                Files.delete(folder.resolve(i + ".txt"));
            }
            Files.delete(folder);
        }
    }

    /** Makes any text one of UTF-8, which has no halves of characters, no mark at its begin, and no U+FFFD. */
    private static String readable(String text) {
        return text.codePoints()
                .map(point -> Character.getType(point) == Character.SURROGATE || point == 0xFFFD || point == 0xFEFF
                        ? '?'
                        : point)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    /** Returns the samples and their labels as text; the room before short ones has none. */
    private static List<String> spelt(FileData data) {
        try (PointerScope scope = new PointerScope()) {
            long[] tokens =
                    Elements.longs(data.samples().trainImages().flatten().to(ScalarType.Long));
            long[] labels = Elements.longs(data.samples().trainLabels());
            int length = tokens.length / labels.length;
            List<String> all = new ArrayList<>();
            for (int i = 0; i < labels.length; i++) {
                StringBuilder text = new StringBuilder();
                for (int j = 0; j < length; j++) {
                    text.append(data.vocabulary().get((int) tokens[i * length + j]));
                }
                all.add(text + data.vocabulary().get((int) labels[i]));
            }
            return all;
        }
    }
}
