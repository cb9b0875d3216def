package org.blazefl4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import org.blazefl4j.checkpoint.Checkpoints;
import org.blazefl4j.core.PhaseTimes;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.metrics.EventFile.Event;
import org.blazefl4j.util.SmallDisk;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TensorBoardMetricsTest {

    private static final double NOW = 1_700_000_000.25;
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochMilli(1_700_000_000_250L));

    @TempDir
    private Path folder;

    private static RoundReport report(int round, Map<String, Object> summary) {
        return new RoundReport(
                round,
                List.of(3, 1, 2),
                List.of(1),
                4,
                List.of(1, 2),
                summary,
                new PhaseTimes(Map.of(
                        Phase.SAMPLE, Duration.ofMillis(1),
                        Phase.TRAIN, Duration.ofMillis(2000),
                        Phase.AGGREGATE, Duration.ofMillis(20),
                        Phase.EVALUATE, Duration.ofMillis(300))));
    }

    private static RoundReport report(int round) {
        return report(round, Map.of("accuracy", 0.5));
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> content = Files.list(folder)) {
            return content.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static List<Event> read(Path file) throws IOException {
        return EventFile.decode(Files.readAllBytes(file));
    }

    private static Event version() {
        return new Event(NOW, 0, Optional.of("brain.Event:2"), false, Map.of());
    }

    private static Event start(long step) {
        return new Event(NOW, step, Optional.empty(), true, Map.of());
    }

    private static Event scalars(long step, Map<String, Float> scalars) {
        return new Event(NOW, step, Optional.empty(), false, scalars);
    }

    @Test
    void shouldWriteTheNumbersOfEachRoundAtOnce() throws IOException {
        Map<String, Object> summary = new LinkedHashMap<>();
        summary.put("round", 1);
        summary.put("accuracy", 0.7);
        summary.put("loss", 1e39);
        summary.put("sha256", "text");
        summary.put("none", null);
        Map<String, Float> common = Map.of(
                "clients", 3f,
                "dropped", 1f,
                "retries", 4f,
                "non_finite", 2f,
                "sampling_seconds", 0.001f,
                "training_seconds", 2f,
                "aggregation_seconds", 0.02f,
                "evaluation_seconds", 0.3f,
                "total_seconds", 2.321f);
        Map<String, Float> first = new LinkedHashMap<>(common);
        first.put("accuracy", 0.7f);
        first.put("loss", Float.POSITIVE_INFINITY);
        Map<String, Float> second = new LinkedHashMap<>(common);
        second.put("loss", Float.NaN);
        try (TensorBoardMetrics metrics = new TensorBoardMetrics(folder, CLOCK)) {
            assertThat(files()).isEmpty();
            metrics.roundFinished(report(0, summary));

            assertThat(files()).containsExactly(folder.resolve("events.out.tfevents.1700000000.blazefl4j"));
            assertThat(read(files().get(0))).containsExactly(version(), start(1), scalars(1, first));

            metrics.roundFinished(report(1, Map.of("loss", Double.NaN)));
            assertThat(read(files().get(0)))
                    .containsExactly(version(), start(1), scalars(1, first), scalars(2, second));
        }
    }

    @Test
    void shouldEncodeAsTensorBoardItself() {
        Map<String, Float> scalars = new LinkedHashMap<>();
        scalars.put("accuracy", 0.75f);
        scalars.put("loss", Float.POSITIVE_INFINITY);

        assertThat(Stream.of(
                                EventRecord.version(NOW),
                                EventRecord.start(NOW, 300),
                                EventRecord.scalars(NOW, 300, scalars))
                        .map(HexFormat.of()::formatHex))
                .containsExactly( // by RecordWriter and event_pb2 of tensorboard 2.21
                        "1800000000000000a37f4b22" + "0900001040fc54d9411a0d627261696e2e4576656e743a32" + "338d2fe9",
                        "100000000000000095fbfe18" + "0900001040fc54d94110ac023a020801" + "6b3b88f1",
                        "2c00000000000000f4aecc45" + "0900001040fc54d94110ac022a1e0a0f0a08616363757261637915"
                                + "0000403f0a0b0a046c6f7373150000807f" + "4ef001d7");
    }

    @Provide
    Arbitrary<Map<String, Float>> anyScalars() {
        Arbitrary<String> tags =
                Arbitraries.strings().withCharRange(' ', '\ud7ff').ofMaxLength(200);
        return Arbitraries.maps(tags, Arbitraries.integers().map(Float::intBitsToFloat))
                .ofMaxSize(20);
    }

    @Property(tries = 1000)
    void shouldKeepAllBitsOfAnyFloats(
            @ForAll("anyScalars") Map<String, Float> scalars,
            @ForAll @LongRange(min = 1) long step,
            @ForAll long wallTimeBits) {
        double wallTime = Double.longBitsToDouble(wallTimeBits);

        assertThat(EventFile.decode(EventRecord.scalars(wallTime, step, scalars)))
                .singleElement()
                .satisfies(event -> {
                    assertThat(Double.doubleToRawLongBits(event.wallTime())).isEqualTo(wallTimeBits);
                    assertThat(event.step()).isEqualTo(step);
                    assertThat(bits(event.scalars())).isEqualTo(bits(scalars));
                });
    }

    private static Map<String, Integer> bits(Map<String, Float> scalars) {
        return scalars.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, each -> Float.floatToRawIntBits(each.getValue())));
    }

    @Property(tries = 500)
    void shouldRoundAnyNumberToAFloat(@ForAll long bits) {
        double value = Double.longBitsToDouble(bits);

        assertThat(EventFile.decode(recordOf(value)).get(2).scalars()).containsEntry("loss", (float) value);
    }

    private static byte[] recordOf(double loss) {
        try {
            Path folder = Files.createTempDirectory("tensorboard");
            try (TensorBoardMetrics metrics = new TensorBoardMetrics(folder, CLOCK)) {
                metrics.roundFinished(report(0, Map.of("loss", loss)));
                return Files.readAllBytes(metrics.path());
            } finally {
                Files.delete(folder.resolve("events.out.tfevents.1700000000.blazefl4j"));
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void shouldWriteANewFileBesideThoseBeforeAndLeaveThemUnchanged() throws IOException {
        Path saved = folder.resolve("saved");
        try (TensorBoardMetrics metrics = new TensorBoardMetrics(folder, CLOCK);
                Checkpoints checkpoints = Checkpoints.in(saved).add("tensorboard", metrics)) {
            metrics.roundFinished(report(0));
            checkpoints.save(1);
            metrics.roundFinished(report(1));
        }
        byte[] whole = Files.readAllBytes(files().get(0));
        byte[] half = Arrays.copyOf(whole, whole.length - 5);
        Files.write(files().get(0), half);

        InstantSource setBack = InstantSource.fixed(Instant.ofEpochSecond(1_600_000_000));
        try (TensorBoardMetrics metrics = new TensorBoardMetrics(folder, setBack);
                Checkpoints checkpoints = Checkpoints.in(saved).add("tensorboard", metrics)) {
            assertThat(checkpoints.resume()).isPresent();
            metrics.roundFinished(report(1));
            metrics.roundFinished(report(2));
        }

        assertThat(files())
                .containsExactly(
                        folder.resolve("events.out.tfevents.1700000000.blazefl4j"),
                        folder.resolve("events.out.tfevents.1700000001.blazefl4j"));
        assertThat(files().get(0)).hasBinaryContent(half);
        List<Event> events = read(files().get(1));
        assertThat(events).extracting(Event::step).containsExactly(0L, 2L, 2L, 3L);
        assertThat(events).extracting(Event::start).containsExactly(false, true, false, false);
    }

    @Test
    void shouldNotWriteToAFileThatAppearedMeanwhile() throws IOException {
        try (TensorBoardMetrics metrics = new TensorBoardMetrics(folder, CLOCK)) {
            Files.writeString(metrics.path(), "of another program");

            assertThatExceptionOfType(UncheckedIOException.class)
                    .isThrownBy(() -> metrics.roundFinished(report(0)))
                    .withMessage("result file exists: file=" + metrics.path() + ", expected=a new file; name another");
            assertThat(metrics.path()).hasContent("of another program");
        }
    }

    @Test
    void shouldNameAFolderThatCannotBeUsed() throws IOException {
        Path missing = folder.resolve("missing");
        Path plain = Files.createFile(folder.resolve("plain"));

        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> new TensorBoardMetrics(missing))
                .withMessage("cannot write results: folder=" + missing + ", found=not found: " + missing
                        + "; name an existing, writable folder");
        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> new TensorBoardMetrics(plain))
                .withMessage("cannot write results: folder=" + plain + ", found=not a folder: " + plain
                        + "; name an existing, writable folder");
    }

    @Test
    void shouldLeaveWholeRecordsWhenTheDiskIsFull() throws Exception {
        try (SmallDisk disk = SmallDisk.on(folder, 8)) {
            try (TensorBoardMetrics metrics = new TensorBoardMetrics(folder, CLOCK)) {
                int rounds = 0;
                try {
                    while (rounds < 1000) {
                        metrics.roundFinished(report(rounds));
                        rounds++;
                    }
                } catch (UncheckedIOException e) {
                    assertThat(e)
                            .hasMessageStartingWith(
                                    "cannot write results: file=" + metrics.path() + ", found=no space left");
                }
                assertThat(rounds).isBetween(1, 999);
                assertThat(read(metrics.path()))
                        .hasSize(2 + rounds)
                        .last()
                        .matches(last -> !last.scalars().isEmpty());
            }
        }
    }
}
