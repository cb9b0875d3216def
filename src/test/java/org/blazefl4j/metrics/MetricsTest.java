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
import org.blazefl4j.core.RoundReport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MetricsTest {

    private static final String HEADER = "round,accuracy,loss,note,clients,dropped,retries,sampling_seconds,"
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
                summary,
                Duration.ofMillis(1),
                Duration.ofMillis(2000),
                Duration.ofMillis(20),
                Duration.ofMillis(300));
    }

    @Test
    void shouldWriteOneCsvRowPerRoundAtOnce() throws IOException {
        Path file = folder.resolve("metrics.csv");
        try (CsvMetrics metrics = new CsvMetrics(file)) {
            metrics.roundFinished(report(0, 0.5, 1.25, "a,\"b\""));

            assertThat(file)
                    .content()
                    .isEqualTo(HEADER + "\n1,0.5,1.25,\"a,\"\"b\"\"\",3,1,4,0.001,2.0,0.02,0.3,2.321\n");

            metrics.roundFinished(report(1, 0.75, Double.NaN, null));
            assertThat(Files.readAllLines(file))
                    .hasSize(3)
                    .last()
                    .isEqualTo("2,0.75,NaN,,3,1,4,0.001,2.0,0.02,0.3,2.321");
        }
    }

    @Test
    void shouldKeepTheColumnsOfTheFirstRound() throws IOException {
        Path file = folder.resolve("metrics.csv");
        try (CsvMetrics metrics = new CsvMetrics(file)) {
            RoundReport first = report(0, 0.5, 1.25, "a");
            metrics.roundFinished(first);
            metrics.roundFinished(new RoundReport(
                    1,
                    List.of(),
                    List.of(),
                    0,
                    Map.of("loss", 2, "surprise", 1),
                    first.sampling(),
                    first.training(),
                    first.aggregation(),
                    first.evaluation()));
        }

        assertThat(Files.readAllLines(file)).last().isEqualTo("2,,2,,0,0,0,0.001,2.0,0.02,0.3,2.321");
    }

    @Test
    void shouldWriteJsonLinesThatEachStandAlone() throws IOException {
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
                    .containsEntry("training_seconds", 2.0);
        }
    }

    @Test
    void shouldPrintALinePerRound() {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (ConsoleMetrics metrics = new ConsoleMetrics(new PrintStream(printed, false, UTF_8), 15)) {
            metrics.roundFinished(report(2, 0.73124, 0.7, "not a number"));

            assertThat(printed.toString(UTF_8))
                    .isEqualTo("round  3/15  accuracy 0.7312  loss 0.7000  2.32 s (training 2.00, aggregation 0.02,"
                            + " evaluation 0.30)" + System.lineSeparator());
        }
    }

    @Test
    void shouldRefuseAFileThatExists() throws IOException {
        Path file = Files.writeString(folder.resolve("metrics.csv"), "old results");

        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> new CsvMetrics(file))
                .withMessage("result file exists: file=" + file + ", limit=a new file; name another");
        assertThat(file).hasContent("old results");
    }

    @Test
    void shouldRefuseAFileInNoFolder() throws IOException {
        Path missing = folder.resolve("missing");
        Path plain = Files.createFile(folder.resolve("plain"));

        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> new JsonLinesMetrics(missing.resolve("metrics.jsonl")))
                .withMessage("cannot write results: file=" + missing.resolve("metrics.jsonl") + ", found=" + missing
                        + " is no folder; name a folder that exists and can be written to");
        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> new CsvMetrics(plain.resolve("metrics.csv")))
                .withMessageContaining("found=" + plain + " is no folder");
    }
}
