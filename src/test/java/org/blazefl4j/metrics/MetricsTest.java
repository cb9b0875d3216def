package org.blazefl4j.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.checkpoint.CheckpointException;
import org.blazefl4j.checkpoint.Checkpoints;
import org.blazefl4j.core.PhaseTimes;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.util.SmallDisk;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MetricsTest {

    private static final String HEADER = "round,accuracy,loss,note,clients,dropped,retries,non_finite,sampling_seconds,"
            + "training_seconds,aggregation_seconds,evaluation_seconds,total_seconds";

    @TempDir
    private Path folder;

    private static RoundReport report(int round, double accuracy, double loss, Object note) {
        Map<String, Object> summary = new LinkedHashMap<>();
        summary.put("round", round + 1);
        summary.put("accuracy", accuracy);
        summary.put("loss", loss);
        summary.put("note", note);
        return new RoundReport(
                round,
                List.of(3, 1, 2),
                List.of(1),
                4,
                List.of(1, 2),
                summary,
                new PhaseTimes(Map.of(
                        Phase.SAMPLE, Duration.ofMillis(1),
                        Phase.PUBLISH, Duration.ofMillis(100),
                        Phase.DEAL, Duration.ofMillis(200),
                        Phase.TRAIN, Duration.ofMillis(1300),
                        Phase.COLLECT, Duration.ofMillis(400),
                        Phase.AGGREGATE, Duration.ofMillis(20),
                        Phase.EVALUATE, Duration.ofMillis(300))));
    }

    @Test
    void shouldWriteOneCsvRowPerRoundAtOnce() throws IOException {
        Path file = folder.resolve("metrics.csv");
        try (CsvMetrics metrics = new CsvMetrics(file)) {
            metrics.roundFinished(report(0, 0.5, 1.25, "a,\"b\""));

            assertThat(file)
                    .content()
                    .isEqualTo(HEADER + "\n1,0.5,1.25,\"a,\"\"b\"\"\",3,1,4,2,0.001,2.0,0.02,0.3,2.321\n");

            metrics.roundFinished(report(1, 0.75, Double.NaN, null));
            assertThat(Files.readAllLines(file))
                    .hasSize(3)
                    .last()
                    .isEqualTo("2,0.75,NaN,,3,1,4,2,0.001,2.0,0.02,0.3,2.321");
        }
    }

    @Test
    void shouldKeepTheColumnsOfTheFirstRound() throws IOException {
        Path file = folder.resolve("metrics.csv");
        try (CsvMetrics metrics = new CsvMetrics(file)) {
            RoundReport first = report(0, 0.5, 1.25, "a");
            metrics.roundFinished(first);
            metrics.roundFinished(new RoundReport(
                    1, List.of(), List.of(), 0, List.of(), Map.of("loss", 2, "surprise", 1), first.phases()));
        }

        assertThat(Files.readAllLines(file)).last().isEqualTo("2,,2,,0,0,0,0,0.001,2.0,0.02,0.3,2.321");
    }

    /** As of a resumed run with a new file, which may begin between two evaluations. */
    @Test
    void shouldKeepTheColumnsInANewFileOfAResumedRun() throws IOException {
        Path folders = folder.resolve("saved");
        try (CsvMetrics csv = CsvMetrics.resumable(folder.resolve("a.csv"));
                Checkpoints checkpoints = Checkpoints.in(folders).add("csv", csv)) {
            csv.roundFinished(report(0, 0.5, 1.25, "a"));
            checkpoints.save(1);
        }
        Path next = folder.resolve("b.csv");
        try (CsvMetrics csv = CsvMetrics.resumable(next);
                Checkpoints checkpoints = Checkpoints.in(folders).add("csv", csv)) {
            checkpoints.resume();
            csv.roundFinished(new RoundReport(1, List.of(), List.of(), 0, List.of(), Map.of(), PhaseTimes.NONE, false));
        }
        assertThat(Files.readAllLines(next)).containsExactly(HEADER, "2,,,,0,0,0,0,0.0,0.0,0.0,0.0,0.0");
    }

    @Test
    void shouldWriteIndependentJsonLines() throws IOException {
        Path file = folder.resolve("metrics.jsonl");
        try (JsonLinesMetrics metrics = new JsonLinesMetrics(file)) {
            metrics.write("configuration", Map.of("seed", 42, "versions", Map.of("java", "17")));
            metrics.roundFinished(report(0, 0.5, Double.NaN, "é\n"));

            List<String> lines = Files.readAllLines(file);
            assertThat(lines).hasSize(2);
            assertThat(JSON.std.mapFrom(lines.get(0)))
                    .containsExactlyInAnyOrderEntriesOf(
                            Map.of("type", "configuration", "seed", 42, "versions", Map.of("java", "17")));
            assertThat(JSON.std.mapFrom(lines.get(1)))
                    .containsEntry("type", "round")
                    .containsEntry("round", 1)
                    .containsEntry("accuracy", 0.5)
                    .containsEntry("loss", "NaN")
                    .containsEntry("note", "é\n")
                    .containsEntry("clients", 3)
                    .containsEntry("dropped", 1)
                    .containsEntry("retries", 4)
                    .containsEntry("non_finite", 2)
                    .containsEntry("training_seconds", 2.0);
        }
    }

    @Test
    void shouldPrintAnExponentIfALossIsHuge() {
        assertThat(printed(report(0, 0.5, 3.3634465e29, ""), 80, false).get(0))
                .startsWith("round    1/1500  accuracy 0.5000  loss 3.3634e+29");
        assertThat(printed(report(0, 0.5, Double.NaN, ""), 80, false).get(0))
                .startsWith("round    1/1500  accuracy 0.5000  loss NaN");
    }

    private static List<String> printed(RoundReport report, int columns, boolean colour) {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (ConsoleMetrics metrics =
                new ConsoleMetrics(new PrintStream(printed, false, UTF_8), 1500, columns, colour)) {
            metrics.roundFinished(report);
            return printed.toString(UTF_8).lines().toList();
        }
    }

    @Test
    void shouldPrintALinePerRound() {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (ConsoleMetrics metrics = new ConsoleMetrics(new PrintStream(printed, false, UTF_8), 15)) {
            metrics.roundFinished(quiet(2, 0.73124, 0.7));

            assertThat(printed.toString(UTF_8))
                    .isEqualTo("round  3/15  accuracy 0.7312  loss 0.7000  2.32 s (train 2.00, eval 0.30)"
                            + System.lineSeparator());
        }
    }

    @Test
    void shouldOmitDetails() {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (ConsoleMetrics metrics = new ConsoleMetrics(new PrintStream(printed, false, UTF_8), 15)
                .omitting((name, value) -> name.equals("loss") && value.equals(0.7))) {
            metrics.roundFinished(quiet(2, 0.73124, 0.7));
            metrics.roundFinished(quiet(3, 0.73124, 0.6));
        }

        assertThat(printed.toString(UTF_8).lines())
                .containsExactly(
                        "round  3/15  accuracy 0.7312  2.32 s (train 2.00, eval 0.30)",
                        "round  4/15  accuracy 0.7312  loss 0.6000  2.32 s (train 2.00, eval 0.30)");
    }

    /** Returns a report without failed clients. */
    private static RoundReport quiet(int round, double accuracy, double loss) {
        RoundReport report = report(round, accuracy, loss, "not a number");
        return new RoundReport(round, report.clients(), List.of(), 0, List.of(), report.summary(), report.phases());
    }

    @Test
    void shouldPrintLinesThatFitTheTerminal() {
        assertThat(printed(quiet(999, 0.5, 0.75), 80, false))
                .containsExactly("round 1000/1500  accuracy 0.5000  loss 0.7500  2.32 s (train 2.00, eval 0.30)")
                .allMatch(line -> line.length() <= 80);
        assertThat(printed(report(2, 0.73124, 0.7, "not a number"), 80, false))
                .containsExactly(
                        "round    3/1500  accuracy 0.7312  loss 0.7000  dropped 1  retries 4",
                        "  non_finite 2  2.32 s (train 2.00, eval 0.30)");
        assertThat(printed(report(2, 0.73124, 0.7, "not a number"), 40, false))
                .containsExactly(
                        "round    3/1500  accuracy 0.7312",
                        "  loss 0.7000  dropped 1  retries 4",
                        "  non_finite 2  2.32 s");
    }

    @Test
    void shouldUseColoursIfAllowed() {
        assertThat(printed(report(2, 0.73124, 0.7, "not a number"), 89, true))
                .containsExactly("\u001b[1mround    3/1500\u001b[0m  accuracy 0.7312  loss 0.7000"
                        + "  \u001b[33mdropped 1\u001b[0m  \u001b[33mretries 4\u001b[0m"
                        + "  \u001b[33mnon_finite 2\u001b[0m  \u001b[2m2.32 s\u001b[0m");
    }

    @Test
    void shouldRefuseAFileThatExists() throws IOException {
        Path file = Files.writeString(folder.resolve("metrics.csv"), "old results");

        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> new CsvMetrics(file))
                .withMessage("result file exists: file=" + file + ", expected=a new file; name another");
        assertThat(file).hasContent("old results");
    }

    @Test
    void shouldLeaveWholeRowsWhenTheDiskIsFull() throws Exception {
        Path csvFile = folder.resolve("metrics.csv");
        Path jsonFile = folder.resolve("metrics.jsonl");
        try (SmallDisk disk = SmallDisk.on(folder, 8)) {
            try (CsvMetrics metrics = new CsvMetrics(csvFile)) {
                assertThat(Files.readAllLines(csvFile)).isEmpty();
                int rows = roundsUntilFull(metrics, csvFile);
                assertThat(Files.readString(csvFile)).endsWith("\n").hasLineCount(1 + rows);
            }
            Files.delete(csvFile);
            try (JsonLinesMetrics metrics = new JsonLinesMetrics(jsonFile)) {
                int lines = roundsUntilFull(metrics, jsonFile);
                assertThat(Files.readString(jsonFile)).endsWith("\n").hasLineCount(lines);
            }
        }
    }

    private static int roundsUntilFull(RoundListener<Object> metrics, Path file) {
        for (int round = 0; round < 1000; round++) {
            try {
                metrics.roundFinished(report(round, 0.5, 1.25, "x".repeat(300)));
            } catch (UncheckedIOException e) {
                assertThat(e)
                        .hasMessage("cannot write results: file=" + file + ", found=no space left, limit=0 bytes free;"
                                + " earlier results are complete; free some space, or name another folder");
                return round;
            }
        }
        throw new AssertionError("the disk is never full");
    }

    @Test
    void shouldRefuseAFileInAMissingFolder() throws IOException {
        Path missing = folder.resolve("missing");
        Path plain = Files.createFile(folder.resolve("plain"));

        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> new JsonLinesMetrics(missing.resolve("metrics.jsonl")))
                .withMessage("cannot write results: file=" + missing.resolve("metrics.jsonl") + ", found=" + missing
                        + " is not a folder; name an existing, writable folder");
        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> new CsvMetrics(plain.resolve("metrics.csv")))
                .withMessageContaining("found=" + plain + " is not a folder");
    }

    private static void save(Path to, CsvMetrics csv, JsonLinesMetrics json, int round) {
        try (Checkpoints checkpoints = Checkpoints.in(to).add("csv", csv).add("json", json)) {
            checkpoints.save(round);
        }
    }

    private static void resume(Path from, CsvMetrics csv, JsonLinesMetrics json) {
        try (Checkpoints checkpoints = Checkpoints.in(from).add("csv", csv).add("json", json)) {
            assertThat(checkpoints.resume()).isPresent();
        }
    }

    @Test
    void shouldContinueFilesFromTheirSavedLength() throws IOException {
        Path csvFile = folder.resolve("metrics.csv");
        Path jsonFile = folder.resolve("metrics.jsonl");
        Path saved = folder.resolve("saved");
        try (CsvMetrics csv = CsvMetrics.resumable(csvFile);
                JsonLinesMetrics json = JsonLinesMetrics.resumable(jsonFile)) {
            save(saved.resolve("0"), csv, json, 0);
            assertThat(csvFile).doesNotExist();
            assertThat(jsonFile).doesNotExist();
            for (int round = 0; round < 3; round++) {
                csv.roundFinished(report(round, 0.5, 1.25, "a"));
                json.roundFinished(report(round, 0.5, 1.25, "a"));
                save(saved.resolve("" + (round + 1)), csv, json, round + 1);
            }
        }
        String wholeCsv = Files.readString(csvFile);
        String wholeJson = Files.readString(jsonFile);
        assertThat(wholeCsv).hasLineCount(4);
        assertThat(wholeJson).hasLineCount(3);

        for (int from : new int[] {3, 1, 2, 0}) {
            try (CsvMetrics csv = CsvMetrics.resumable(csvFile);
                    JsonLinesMetrics json = JsonLinesMetrics.resumable(jsonFile)) {
                resume(saved.resolve("" + from), csv, json);
                for (int round = from; round < 3; round++) {
                    csv.roundFinished(report(round, 0.5, 1.25, "a"));
                    json.roundFinished(report(round, 0.5, 1.25, "a"));
                }
            }
            assertThat(csvFile).hasContent(wholeCsv);
            assertThat(jsonFile).hasContent(wholeJson);
        }
    }

    @Test
    void shouldKeepTheColumnsOfAResumedRun() throws IOException {
        Path file = folder.resolve("metrics.csv");
        Path saved = folder.resolve("saved");
        Map<String, Object> more = new LinkedHashMap<>(Map.of("accuracy", 0.25));
        saveOneRound(file, saved);
        try (CsvMetrics csv = CsvMetrics.resumable(file);
                Checkpoints checkpoints = Checkpoints.in(saved).add("csv", csv)) {
            checkpoints.resume();
            csv.roundFinished(new RoundReport(1, List.of(1), List.of(), 0, List.of(), more, PhaseTimes.NONE));
        }
        assertThat(Files.readAllLines(file)).hasSize(3).last().isEqualTo("2,0.25,,,1,0,0,0,0.0,0.0,0.0,0.0,0.0");
    }

    private static void saveOneRound(Path file, Path saved) {
        try (CsvMetrics csv = CsvMetrics.resumable(file);
                Checkpoints checkpoints = Checkpoints.in(saved).add("csv", csv)) {
            csv.roundFinished(report(0, 0.5, 1.25, "a"));
            checkpoints.save(1);
        }
    }

    @Test
    void shouldNameAFileThatIsMissingOrTooShortToContinue() throws IOException {
        Path file = folder.resolve("metrics.csv");
        Path saved = folder.resolve("saved");
        saveOneRound(file, saved);
        long bytes = Files.size(file);
        Files.writeString(file, "short");
        expectRefusal(
                saved,
                file,
                "result file is too short: file=" + file + ", bytes=5, limit=" + bytes
                        + " or more, as when the run was saved");
        assertThat(file).hasContent("short");
        Files.delete(file);
        expectRefusal(
                saved,
                file,
                "result file is missing: file=" + file + ", bytes=0, limit=" + bytes
                        + " or more, as when the run was saved");
        assertThat(file).doesNotExist();
    }

    @Test
    void shouldRefuseToContinueAnotherRunsFile() throws IOException {
        Path file = folder.resolve("metrics.csv");
        Path saved = folder.resolve("saved");
        saveOneRound(file, saved);
        long bytes = Files.size(file);
        Files.delete(file);
        try (CsvMetrics other = new CsvMetrics(file)) {
            other.roundFinished(report(0, 0.25, 1.25, "b"));
            other.roundFinished(report(1, 0.25, 1.25, "b"));
        }
        byte[] before = Files.readAllBytes(file);

        expectRefusal(saved, file, "result file is not the one that was saved: file=" + file + ", bytes=" + bytes);
        assertThat(file).hasBinaryContent(before);
    }

    @Test
    void shouldStartAnotherFileThatDoesNotExist() throws IOException {
        Path file = folder.resolve("metrics.csv");
        Path another = folder.resolve("another.csv");
        Path saved = folder.resolve("saved");
        saveOneRound(file, saved);
        byte[] before = Files.readAllBytes(file);

        for (int start = 1; start <= 2; start++) {
            try (CsvMetrics csv = CsvMetrics.resumable(another);
                    Checkpoints checkpoints = Checkpoints.in(saved).add("csv", csv)) {
                checkpoints.resume();
                csv.roundFinished(report(start, 0.5, 1.25, "a"));
                checkpoints.save(start + 1);
            }
        }
        assertThat(Files.readAllLines(another)).hasSize(3).element(0).isEqualTo(HEADER);
        assertThat(Files.readAllLines(another).get(1)).startsWith("2,0.5,1.25,a,");
        assertThat(Files.readAllLines(another).get(2)).startsWith("3,0.5,1.25,a,");
        assertThat(file).hasBinaryContent(before);
    }

    @Test
    void shouldNotTruncateAFileWithoutASavedLength() throws IOException {
        Path saved = folder.resolve("saved");
        try (CsvMetrics csv = CsvMetrics.resumable(folder.resolve("metrics.csv"));
                Checkpoints checkpoints = Checkpoints.in(saved).add("csv", csv)) {
            checkpoints.save(0);
        }
        Path another = Files.writeString(folder.resolve("another.csv"), "old");

        try (CsvMetrics csv = CsvMetrics.resumable(another);
                Checkpoints checkpoints = Checkpoints.in(saved).add("csv", csv)) {
            assertThatExceptionOfType(CheckpointException.class)
                    .isThrownBy(checkpoints::resume)
                    .withMessageEndingWith(
                            "found=result file exists: file=" + another + ", expected=a new file; name another");
        }
        assertThat(another).hasContent("old");
    }

    @Test
    void shouldTruncateNothingBeforeTheRunContinues() throws IOException {
        Path csvFile = folder.resolve("metrics.csv");
        Path jsonFile = folder.resolve("metrics.jsonl");
        Path saved = folder.resolve("saved");
        try (CsvMetrics csv = CsvMetrics.resumable(csvFile);
                JsonLinesMetrics json = JsonLinesMetrics.resumable(jsonFile)) {
            csv.roundFinished(report(0, 0.5, 1.25, "a"));
            json.roundFinished(report(0, 0.5, 1.25, "a"));
            save(saved, csv, json, 1);
            csv.roundFinished(report(1, 0.5, 1.25, "a"));
        }
        Files.delete(jsonFile);
        expectRefusalOfBoth(saved, csvFile, jsonFile);
        assertThat(csvFile).content().hasLineCount(3);

        Path anotherJson = folder.resolve("another.jsonl");
        try (CsvMetrics csv = CsvMetrics.resumable(csvFile);
                JsonLinesMetrics json = JsonLinesMetrics.resumable(anotherJson)) {
            resume(saved, csv, json);
            assertThat(json.isEmpty()).isTrue();
            csv.runFinished(null);
        }
        assertThat(csvFile).content().hasLineCount(2);
        assertThat(anotherJson).doesNotExist();
    }

    @Test
    void shouldTruncateBothFilesIfTheRunEndsBeforeItsNextRound() throws IOException {
        Path csvFile = folder.resolve("metrics.csv");
        Path jsonFile = folder.resolve("metrics.jsonl");
        Path saved = folder.resolve("saved");
        try (CsvMetrics csv = CsvMetrics.resumable(csvFile);
                JsonLinesMetrics json = JsonLinesMetrics.resumable(jsonFile)) {
            for (RoundListener<Object> metrics : List.of(csv, json)) {
                metrics.roundFinished(report(0, 0.5, 1.25, "a"));
            }
            save(saved, csv, json, 1);
            for (RoundListener<Object> metrics : List.of(csv, json)) {
                metrics.roundFinished(report(1, 0.5, 1.25, "a"));
            }
        }
        try (CsvMetrics csv = CsvMetrics.resumable(csvFile);
                JsonLinesMetrics json = JsonLinesMetrics.resumable(jsonFile)) {
            resume(saved, csv, json);
            for (RoundListener<Object> metrics : List.of(csv, json)) {
                metrics.runFinished(null);
            }
        }
        assertThat(csvFile).content().hasLineCount(2);
        assertThat(jsonFile).content().hasLineCount(1);
    }

    private static void expectRefusalOfBoth(Path saved, Path csvFile, Path jsonFile) {
        try (CsvMetrics csv = CsvMetrics.resumable(csvFile);
                JsonLinesMetrics json = JsonLinesMetrics.resumable(jsonFile);
                Checkpoints checkpoints = Checkpoints.in(saved).add("csv", csv).add("json", json)) {
            assertThatExceptionOfType(CheckpointException.class)
                    .isThrownBy(checkpoints::resume)
                    .withMessageContaining("result file is missing: file=" + jsonFile);
        }
    }

    private static void expectRefusal(Path saved, Path file, String message) {
        try (CsvMetrics csv = CsvMetrics.resumable(file);
                Checkpoints checkpoints = Checkpoints.in(saved).add("csv", csv)) {
            assertThatExceptionOfType(CheckpointException.class)
                    .isThrownBy(checkpoints::resume)
                    .withMessageContaining(message)
                    .withMessageEndingWith("; put it back, or name a new file for the rounds to come");
        }
    }

    @Test
    void shouldNotOverwriteAFileWithoutACheckpoint() throws IOException {
        Path file = Files.writeString(folder.resolve("metrics.csv"), "old");
        try (CsvMetrics csv = CsvMetrics.resumable(file)) {
            assertThatExceptionOfType(UncheckedIOException.class)
                    .isThrownBy(() -> csv.roundFinished(report(0, 0.5, 1.25, "a")))
                    .withMessageStartingWith("result file exists: file=" + file);
        }
        assertThat(file).hasContent("old");
    }
}
