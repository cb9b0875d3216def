package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.metrics.EventFile;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs {@code blazefl4j run} in a separate process, as users do. */
@Slow
final class RunProcessTest {

    @TempDir
    private Path folder;

    private Path results() {
        return folder.resolve("results");
    }

    /** Starts a run with few samples per client, four clients a round and two worker processes. */
    private CliProcess start(String... more) throws IOException {
        List<String> args = new ArrayList<>(List.of("run", "--sample-ratio", "0.04"));
        args.addAll(List.of("--output", "results"));
        args.addAll(Arrays.asList(more));
        addDefault(args, "--epochs", "1");
        addDefault(args, "--num-parallels", "2");
        return CliProcess.start(folder, args.toArray(String[]::new));
    }

    private static void addDefault(List<String> args, String option, String value) {
        if (!args.contains(option)) {
            args.addAll(List.of(option, value));
        }
    }

    private List<List<String>> csvRows() throws IOException {
        return Files.readAllLines(results().resolve("metrics.csv")).stream()
                .map(line -> List.of(line.split(",", -1)))
                .toList();
    }

    private void requireSameInTensorBoard(List<List<String>> rows) throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(results(), "events.out.tfevents.*")) {
            found.forEach(files::add);
        }
        assertThat(files).hasSize(1);
        assertThat(EventFile.decode(Files.readAllBytes(files.get(0))))
                .filteredOn(event -> !event.scalars().isEmpty())
                .extracting(event -> Map.of(event.step(), event.scalars()))
                .isEqualTo(rows.stream()
                        .skip(1)
                        .map(row -> Map.of(Long.parseLong(row.get(0)), numbers(rows.get(0), row)))
                        .toList());
    }

    private static Map<String, Float> numbers(List<String> columns, List<String> row) {
        return IntStream.range(1, columns.size())
                .filter(i -> !columns.get(i).equals("sha256"))
                .boxed()
                .collect(Collectors.toMap(columns::get, i -> (float) Double.parseDouble(row.get(i))));
    }

    private List<Map<String, Object>> jsonLines() throws IOException {
        List<Map<String, Object>> lines = new ArrayList<>();
        for (String line : Files.readAllLines(results().resolve("metrics.jsonl"))) {
            lines.add(JSON.std.mapFrom(line));
        }
        return lines;
    }

    @Test
    void shouldNotFailIfThePageCannotBeWritten() throws Exception {
        try (CliProcess cli = start("--global-round", "20", "--execution-mode", "multi-threaded")) {
            cli.awaitOutput("round  1/20");
            Files.createDirectories(results().resolve("report.html/taken"));

            assertThat(cli.exitCode()).as(cli.err()).isZero();
            assertThat(cli.out())
                    .contains("completed: 20 of 20 rounds")
                    .containsPattern("  page           not written: cannot write: file=.*/results/report.html, found=");
        }
    }

    @Test
    void shouldServeThePageWhileTheRunGoesOnAndLeaveNoneIfNotAskedTo() throws Exception {
        String[] args = {"--global-round", "1000", "--execution-mode", "multi-threaded", "--live", "--no-report"};
        try (CliProcess cli = start(args)) {
            cli.awaitOutput("round    1/1000");
            Matcher address = Pattern.compile("  live           (http://127\\.0\\.0\\.1:\\d+/)")
                    .matcher(cli.out());
            assertThat(address.find()).as(cli.out()).isTrue();
            try (InputStream page = URI.create(address.group(1)).toURL().openStream()) {
                assertThat(new String(page.readAllBytes(), StandardCharsets.UTF_8))
                        .contains("Accuracy over rounds");
            }
            cli.signalAll("INT");

            assertThat(cli.exitCode()).isEqualTo(130);
            assertThat(cli.out()).contains("stopped: ").doesNotContain("  page ");
        }
        assertThat(results()).isNotEmptyDirectory().isDirectoryNotContaining("glob:**{.html,tfevents*}");
    }

    @Test
    void shouldTrainAndWriteResults() throws Exception {
        try (CliProcess cli = start("--global-round", "3", "--tensorboard")) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();

            assertThat(cli.err()).isEmpty();
            assertThat(cli.out().lines())
                    .anyMatch(line -> line.matches("BlazeFL4J \\S+: FedAvg of cnn on fashion-mnist .*"))
                    .anyMatch(
                            line -> line.matches("round 1/3  accuracy 0\\.\\d{4}  loss \\d\\.\\d{4}  \\d.* s \\(.*\\)"))
                    .anyMatch(line -> line.startsWith("round 3/3  accuracy"))
                    .anyMatch(line -> line.equals("  failed client  the run ends"))
                    .anyMatch(line -> line.equals("completed: 3 of 3 rounds"))
                    .anyMatch(line -> line.equals("  page           results/report.html"))
                    .anyMatch(line -> line.matches("  to repeat      .* run results/experiment.toml"))
                    .anyMatch(line -> line.matches("  a round +\\d.* s, \\d.* clients per second"))
                    .anyMatch(line -> line.startsWith("  training       1 epoch, batch "))
                    .anyMatch(line -> line.matches("  engine         native \\(.+\\)"))
                    .anyMatch(line -> line.contains("training") && line.contains("%"))
                    .anyMatch(line ->
                            line.matches("  peak memory +parent [1-9]\\d* MiB, workers [1-9]\\d* MiB, [1-9]\\d* MiB"));
        }

        assertThat(csvRows()).hasSize(4).allSatisfy(row -> assertThat(row).hasSize(13));
        assertThat(csvRows().get(0)).startsWith("round", "accuracy", "loss", "sha256", "clients");
        assertThat(csvRows().subList(1, 4)).extracting(row -> row.get(0)).containsExactly("1", "2", "3");
        assertThat(csvRows().subList(1, 4))
                .extracting(row -> row.get(3))
                .doesNotHaveDuplicates()
                .allMatch(hash -> hash.matches("[0-9a-f]{64}"));
        assertThat(csvRows().subList(1, 4)).extracting(row -> row.get(4)).containsOnly("4");
        requireSameInTensorBoard(csvRows());

        assertThat(jsonLines())
                .extracting(line -> line.get("type"))
                .containsExactly("configuration", "partition", "round", "round", "round", "summary");
        assertThat((List<?>) jsonLines().get(1).get("samples"))
                .as("of 100 images, and 10 classes")
                .hasSize(100)
                .allSatisfy(counts -> assertThat(((List<?>) counts).stream().mapToInt(count -> (int) count))
                        .hasSize(10)
                        .satisfies(each ->
                                assertThat(each.stream().mapToInt(i -> i).sum()).isEqualTo(100)));
        assertThat(jsonLines().get(5).get("uplink_bytes")).isEqualTo(3 * 4 * 44_426 * 4);
        assertThat(results().resolve("report.html"))
                .content()
                .contains("Accuracy over rounds", "Samples of the clients");
        assertThat((List<?>) jsonLines().get(5).get("peak_memory_workers_bytes"))
                .hasSize(2);
        assertThat(jsonLines().get(0))
                .containsEntry("algorithm", "fedavg")
                .containsEntry("model_name", "cnn")
                .containsEntry("num_clients", 100)
                .containsEntry("sample_ratio", 0.04)
                .containsEntry("partition", "iid")
                .containsEntry("seed", 42)
                .containsEntry("lr", 0.1)
                .containsEntry("last_batch", "keep")
                .containsEntry("memory_format", "auto")
                .containsEntry("autocast", "off")
                .containsEntry("engine", "auto")
                .containsEntry("engine_used", "native")
                .containsEntry("execution_mode", "multi-process")
                .containsEntry("num_parallels", 2)
                .containsEntry("dataset", "fashion-mnist")
                .containsEntry("retries", 0)
                .containsEntry("on_client_failure", "fail")
                .containsEntry("on_non_finite", "warn")
                .doesNotContainKey("client_time_limit");
        assertThat(jsonLines().get(0).get("environment"))
                .asInstanceOf(InstanceOfAssertFactories.MAP)
                .containsKeys("blazefl4j", "java", "libTorch", "javaCpp", "libc", "blas", "oneDnn", "oneDnnVariables")
                .containsKeys("cpuModel", "cpuFeatures", "cpuCaches", "cpuCapability", "cuda", "os", "cores")
                .containsEntry("deterministicAlgorithms", false)
                .containsEntry("flushDenormal", false)
                .containsEntry("intraOpThreads", 1);
        assertThat(jsonLines().get(5)).containsEntry("status", "completed").containsEntry("rounds", 3);
    }

    @Test
    void shouldReportThatTrainingDiverged() throws Exception {
        try (CliProcess cli = start("--global-round", "2", "--lr", "1e9", "--execution-mode", "multi-threaded")) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();

            assertThat(cli.err().lines())
                    .hasSize(2)
                    .anyMatch(line -> line.startsWith(
                            "WARNING: results are not finite: round=1, results=4 of 4, the" + " first of clients=["))
                    .anyMatch(line -> line.startsWith("WARNING: server's model is not finite: round=1, "));
            assertThat(cli.out().lines())
                    .anyMatch(line -> line.matches("round 2/2  accuracy .*  loss NaN  non_finite 4  .*"))
                    .contains("  not finite     8 client results; first NaN or infinity in round 1");
        }
        assertThat(csvRows().get(0).get(7)).isEqualTo("non_finite");
        assertThat(csvRows().subList(1, 3)).extracting(row -> row.get(7)).containsOnly("4");
        assertThat(jsonLines().get(4)).containsEntry("non_finite", 8).containsEntry("first_non_finite_round", 1);
    }

    @ParameterizedTest
    @CsvSource({"HUP, 129", "INT, 130", "TERM, 143"})
    void shouldEndCleanlyOnASignalToAllProcessesAndKeepResults(String signal, int exitCode) throws Exception {
        List<ProcessHandle> workers;
        try (CliProcess cli = start("--global-round", "100000")) {
            cli.awaitOutput("round      2/100000");
            workers = cli.children();
            cli.signalAll(signal);

            assertThat(cli.exitCode()).isEqualTo(exitCode);
            assertThat(cli.out()).containsPattern("stopped: \\d+ of 100000 rounds");
            assertThat(cli.err()).isEmpty();
        }

        assertThat(workers).hasSize(2);
        for (ProcessHandle worker : workers) {
            worker.onExit().join();
        }
        Map<String, Object> summary = jsonLines().get(jsonLines().size() - 1);
        int rounds = (int) summary.get("rounds");
        assertThat(summary).containsEntry("type", "summary").containsEntry("status", "stopped");
        assertThat(rounds).isBetween(2, 99_999);
        assertThat(csvRows())
                .hasSize(1 + rounds)
                .allSatisfy(row -> assertThat(row).hasSize(13));
    }

    @Test
    void shouldShowProgressOnATerminalAndEndCleanlyOnCtrlC() throws Exception {
        String args = "run --sample-ratio 0.04 --epochs 1 --global-round 90 --output results";
        try (CliProcess cli = CliProcess.startOnTerminal(folder, args.split(" "))) {
            cli.awaitOutput("\r\u001b[1mround  2/90\u001b[0m  accuracy");
            cli.type('\003');

            assertThat(cli.exitCode()).isEqualTo(130);
            assertThat(cli.out())
                    .containsPattern("\rround 1/90 \\[ +\\] 0/4 clients")
                    .containsPattern("\rround 2/90 \\[=+\\] 4/4 clients")
                    .containsPattern("\r\u001b\\[1mround  2/90\u001b\\[0m  accuracy 0\\.\\d{4}")
                    .containsPattern("stopped: \\d+ of 90 rounds");
        }
        assertThat(jsonLines().get(jsonLines().size() - 1))
                .containsEntry("type", "summary")
                .containsEntry("status", "stopped");
    }

    @Test
    void shouldExplainAWorkersCrashAndKeepItsReportAndTheResults() throws Exception {
        try (CliProcess cli = start("--global-round", "100000", "--epochs", "20")) {
            cli.awaitOutput("round      1/100000");
            cli.crashChildrenUntilItEnds(); // again and again: an idle worker is replaced silently

            assertThat(cli.exitCode()).isEqualTo(ExitCode.FAILED);
            assertThat(cli.err())
                    .contains("blazefl4j run: client failed: client=")
                    .contains("Add --verbose for the stack trace.")
                    .containsPattern(
                            ", crash report=" + results() + "/blazefl4j-crash-[01]-\\d+\\.log: SIGSEGV \\(0xb\\) at")
                    .doesNotContain("\tat ");
            assertThat(Path.of(cli.err().replaceAll("(?s).*crash report=(\\S+\\.log): .*", "$1")))
                    .content()
                    .contains("SIGSEGV");
            assertThat(cli.out()).containsPattern("failed: \\d+ of 100000 rounds");
        }

        Map<String, Object> summary = jsonLines().get(jsonLines().size() - 1);
        assertThat(summary).containsEntry("status", "failed");
        assertThat(csvRows()).hasSize(1 + (int) summary.get("rounds"));
    }

    @Test
    void shouldRefuseWorkersBeyondItsLimitsAndReportTheirMemory() throws Exception {
        List<String> limit = List.of("prlimit", "--nofile=256:256");
        try (CliProcess cli = CliProcess.startBy(
                folder, limit, "run", "--num-clients", "4000", "--num-parallels", "4000", "--output", "results")) {
            assertThat(cli.exitCode()).isEqualTo(ExitCode.USAGE);
            assertThat(cli.out())
                    .containsPattern(
                            "  ! memory for only \\d+ worker processes of 300 MiB but 4000 start: free=\\d+.*iB");
            assertThat(cli.err())
                    .containsPattern("blazefl4j run: too many worker processes: --num-parallels=4000, needed=\\d+ open"
                            + " files, limit=256 open files of this process \\(ulimit -n\\); use fewer workers"
                            + " \\(each takes at least 2\\), or raise the limit");
        }
        assertThat(results()).doesNotExist();
    }

    @Test
    void shouldRetryClientsOfLostWorkersIfAskedAndGiveTheSameBits() throws Exception {
        List<String> undisturbed = hashesOfTwoLongRounds();
        Files.move(results(), folder.resolve("undisturbed"));

        try (CliProcess cli = startTwoLongRounds("--retries", "3")) {
            cli.awaitOutput("round 1/2");
            ProcessHandle worker = cli.children().get(0);
            cli.awaitWorkOf(worker);
            worker.destroyForcibly();

            assertThat(cli.exitCode()).as(cli.err()).isZero();
            assertThat(cli.err().lines())
                    .filteredOn(
                            line -> line.startsWith("WARNING: tried again: retry=1, limit=3; client failed: client="))
                    .hasSize(1);
            assertThat(cli.out())
                    .contains("  failed client  up to 3 retries, then the run ends")
                    .containsPattern("  failed clients +1 recovered by retries, 0 dropped")
                    .contains("completed: 2 of 2 rounds");
        }
        assertThat(hashes()).isEqualTo(undisturbed);
        assertThat(jsonLines().get(0)).containsEntry("retries", 3);
    }

    private List<String> hashesOfTwoLongRounds() throws Exception {
        try (CliProcess cli = startTwoLongRounds()) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();
        }
        return hashes();
    }

    /** Starts rounds that are long enough to kill a worker at work. */
    private CliProcess startTwoLongRounds(String... more) throws IOException {
        List<String> args = new ArrayList<>(List.of("--global-round", "2", "--epochs", "120"));
        args.addAll(List.of(more));
        return start(args.toArray(String[]::new));
    }

    private List<String> hashes() throws IOException {
        return csvRows().stream().skip(1).map(row -> row.get(3)).toList();
    }

    @Test
    void shouldRefuseOptionsThatDoNotFitTheDataAndCreateNoFolder() throws Exception {
        try (CliProcess cli = start("--num-clients", "10001", "--checkpoint-dir", "results/saved")) {
            assertThat(cli.exitCode()).isEqualTo(ExitCode.USAGE);
            assertThat(cli.err())
                    .startsWith("blazefl4j run: ")
                    .contains("--num-clients=10001")
                    .contains("limit=")
                    .hasLineCount(1);
        }
        assertThat(results()).doesNotExist();
    }

    @Test
    void shouldShowTheStackTraceIfAsked() throws Exception {
        Files.writeString(results(), "a file");
        try (CliProcess cli = start("--verbose")) {
            assertThat(cli.exitCode()).isEqualTo(ExitCode.USAGE);
            assertThat(cli.err()).containsPattern("\tat .*org\\.blazefl4j\\.");
        }
    }

    @Test
    void shouldNotOverwriteResults() throws Exception {
        Path old = Files.writeString(Files.createDirectories(results()).resolve("metrics.csv"), "old");

        try (CliProcess cli = start()) {
            assertThat(cli.exitCode()).isEqualTo(ExitCode.USAGE);
            assertThat(cli.err())
                    .isEqualTo(
                            "blazefl4j run: output folder is not empty: --output=results, expected=a new or empty folder;"
                                    + " choose another, so that no results are overwritten\n");
        }
        assertThat(old).hasContent("old");
    }
}
