package org.blazefl4j.data.file;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.blazefl4j.torch.Elements;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Reads random files of LEAF, and compares with what lists of all samples give. */
final class LeafPropertiesTest {

    private enum Kind {
        NUMBERS,
        TEXTS_OF_CLASSES,
        TEXTS_OF_CHARACTERS
    }

    /** A list of numbers or a text, with a class or a character. */
    private record Sample(String user, Object x, Object y) {}

    private final List<Sample> train = new ArrayList<>();
    private final List<Sample> test = new ArrayList<>();
    private List<String> vocabulary = List.of();
    private Random random = new Random(0);

    @Property(tries = 100)
    void shouldReadWhatWasWritten(@ForAll Kind kind, @ForAll long seed) throws IOException {
        random = new Random(seed);
        train.clear();
        test.clear();
        int length = 1 + random.nextInt(9);
        int characters = List.of(2, 90, 255, 256, 500).get(random.nextInt(5));
        Path folder = Files.createTempDirectory("leaf");
        try {
            write(folder.resolve("train/a.json"), kind, length, characters, train);
            write(folder.resolve("train/b.json"), kind, length, characters, train);
            write(folder.resolve("test/a.json"), kind, length + random.nextInt(2), characters, test);
            vocabulary = kind == Kind.NUMBERS ? List.of() : vocabulary();
            try (FileData data = DataFiles.leaf(folder, 0.5, 0);
                    PointerScope scope = new PointerScope()) {
                requireEqual(data, kind);
            }
        } finally {
            try (Stream<Path> all = Files.walk(folder)) {
                for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(each);
                }
            }
        }
    }

    /** Writes some of three users, whose labels may come before the samples. */
    private void write(Path file, Kind kind, int length, int characters, List<Sample> all) throws IOException {
        int classes = kind == Kind.NUMBERS ? 4 : 2; // texts have as many as the vocabulary, one character or more
        Map<String, Object> users = new LinkedHashMap<>();
        for (int user = random.nextInt(3); user < 3; user++) {
            List<Object> x = new ArrayList<>();
            List<Object> y = new ArrayList<>();
            for (int i = random.nextInt(20); i < 20; i++) {
                Sample sample = new Sample(
                        "u" + user,
                        kind == Kind.NUMBERS ? numbers() : text(1 + random.nextInt(length), characters),
                        kind == Kind.TEXTS_OF_CHARACTERS ? text(1, characters) : random.nextInt(classes));
                all.add(sample);
                x.add(sample.x);
                y.add(sample.y);
            }
            Map<String, Object> content = new LinkedHashMap<>();
            if (random.nextBoolean()) {
                content.put("y", y);
            }
            content.put("x", x);
            content.put("y", y);
            users.put("u" + user, content);
        }
        Files.createDirectories(file.getParent());
        Files.writeString(file, JSON.std.asString(Map.of("user_data", users)));
    }

    private List<Float> numbers() {
        return random.ints(4).mapToObj(i -> i / 1000f).toList();
    }

    /** Returns characters of one to four bytes in UTF-8. */
    private String text(int length, int characters) {
        return IntStream.range(0, length)
                .map(i -> 33 + random.nextInt(characters) * 733 % 0xD000)
                .map(point -> random.nextInt(9) == 0 ? 0x1F600 + point % 5 : point)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    /** Returns the characters of the training texts in order, and that of all others. */
    private List<String> vocabulary() {
        Stream<Integer> points = train.stream()
                .flatMap(each -> Stream.of(each.x, each.y))
                .filter(String.class::isInstance)
                .flatMap(each -> each.toString().codePoints().boxed());
        return Stream.concat(points.distinct().sorted().map(Character::toString), Stream.of(""))
                .toList();
    }

    private void requireEqual(FileData data, Kind kind) {
        assertThat(data.vocabulary()).isEqualTo(vocabulary);
        assertThat(data.classNames()).isEqualTo(kind == Kind.TEXTS_OF_CHARACTERS ? vocabulary : List.of());
        List<String> owners =
                train.stream().map(Sample::user).distinct().sorted().toList();
        assertThat(data.owners()).isEqualTo(owners);
        assertThat(data.trainOwners()).isEqualTo(longs(train, each -> owners.indexOf(each.user)));
        assertThat(data.testOwners()).isEqualTo(longs(test, each -> owners.indexOf(each.user)));
        assertThat(Elements.longs(data.samples().trainLabels())).isEqualTo(longs(train, this::label));
        assertThat(Elements.longs(data.samples().testLabels())).isEqualTo(longs(test, this::label));
        int length = train.stream().mapToInt(each -> numbers(each).size()).max().orElseThrow();
        boolean inBytes = kind != Kind.NUMBERS && vocabulary.size() <= 256;
        requireEqual(data.samples().trainImages(), train, length, inBytes);
        requireEqual(data.samples().testImages(), test, length, inBytes);
    }

    private void requireEqual(Tensor found, List<Sample> samples, int length, boolean inBytes) {
        List<Float> expected = new ArrayList<>();
        for (Sample each : samples) {
            List<Float> numbers = numbers(each);
            int size = numbers.size();
            expected.addAll(Collections.nCopies(Math.max(0, length - size), vocabulary.size() - 1f));
            expected.addAll(numbers.subList(Math.max(0, size - length), size));
        }
        assertThat(found.scalar_type().intern()).isEqualTo(inBytes ? ScalarType.Byte : ScalarType.Float);
        assertThat(found.size(0)).isEqualTo(samples.size());
        assertThat(Elements.floats(found.to(ScalarType.Float))).containsExactly(expected.toArray(Float[]::new));
    }

    private static long[] longs(List<Sample> samples, ToLongFunction<Sample> function) {
        return samples.stream().mapToLong(function).toArray();
    }

    private long label(Sample sample) {
        return sample.y instanceof String text ? number(text) : (Integer) sample.y;
    }

    private int number(String character) {
        int found = vocabulary.indexOf(character);
        return found < 0 ? vocabulary.size() - 1 : found;
    }

    private List<Float> numbers(Sample sample) {
        return sample.x instanceof String text
                ? text.codePoints()
                        .mapToObj(Character::toString)
                        .map(each -> (float) number(each))
                        .toList()
                : ((List<?>) sample.x).stream().map(Float.class::cast).toList();
    }
}
