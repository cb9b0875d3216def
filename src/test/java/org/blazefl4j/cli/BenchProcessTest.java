package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs {@code blazefl4j bench} in a separate process. */
@Slow
final class BenchProcessTest {

    private static final Pattern BAR = Pattern.compile("case 1/2.*[1-9]\\d*/1000000000");
    private static final char CTRL_C = 3;

    @TempDir
    private Path folder;

    private Map<String, Object> json() throws IOException {
        return JSON.std.mapFrom(Files.readString(folder.resolve("out/bench.json")));
    }

    private static List<?> cases(Map<String, Object> json) {
        return (List<?>) json.get("cases");
    }

    @Test
    void shouldMeasureAllModesAndWriteTheResults() throws Exception {
        try (CliProcess cli = CliProcess.start(
                folder,
                "bench",
                "--floats=1000",
                "--model-name=mlp",
                "--samples=4",
                "--batch-size=2",
                "--clients=3",
                "--workers=2",
                "--rounds=3",
                "--warm-up=1",
                "--out=out")) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();

            assertThat(cli.out())
                    .contains("empty rounds, 1000 floats", "training rounds, mlp")
                    .containsPattern("single-threaded +1 +3 +3 +\\d")
                    .containsPattern("multi-threaded +2 +3 +3 +\\d")
                    .containsPattern("multi-process +2 +3 +3 +\\d")
                    .contains("completed: 6 of 6 cases", "page      out/bench.html");
        }
        Map<String, Object> json = json();
        assertThat(json).containsEntry("status", "completed");
        assertThat(json.get("machine").toString()).contains("cores=", "libTorch=", "java=");
        assertThat(json.get("settings").toString()).contains("floats=[1000]", "workers=[2]", "samples=4");
        assertThat(cases(json))
                .hasSize(6)
                .allSatisfy(each -> assertThat(each.toString()).contains("rounds=3", "phases={sample={mean_seconds="));
        assertThat(folder.resolve("out/bench.csv")).isNotEmptyFile();
        assertThat(folder.resolve("out/bench.html"))
                .content()
                .contains("Time per phase, 3 clients a round", "\"source\":{\"blazefl4j\":");
    }

    /** Runs on a terminal, whose bar shows when there are results to keep; no case ends by itself. */
    @Test
    void shouldKeepFinishedResultsWhenInterrupted() throws Exception {
        try (CliProcess cli = CliProcess.startOnTerminal(
                folder,
                "bench",
                "--work=empty",
                "--floats=10",
                "--clients=1",
                "--execution-mode=multi-process,single-threaded",
                "--workers=1",
                "--rounds=1000000000",
                "--warm-up=0",
                "--time-limit=86400",
                "--out=out")) {
            cli.await("a measured round", () -> BAR.matcher(cli.out()).find());
            cli.type(CTRL_C);

            assertThat(cli.exitCode()).isEqualTo(130);
            assertThat(cli.out()).contains("stopped: 1 of 2 cases", "page      out/bench.html");
        }
        assertThat(json()).containsEntry("status", "stopped");
        assertThat(cases(json())).hasSize(1);
    }

    /** Starts a round in one worker process that takes longer than a test. */
    private CliProcess startLongRound() throws Exception {
        return CliProcess.start(
                folder,
                "bench",
                "--work=training",
                "--samples=100000",
                "--batch-size=1",
                "--execution-mode=multi-process",
                "--workers=1",
                "--out=out");
    }

    @Test
    void shouldSayIfThereAreNoResultsToKeep() throws Exception {
        try (CliProcess cli = startLongRound()) {
            cli.await("a worker", () -> !cli.children().isEmpty());
            cli.signalAll("INT");

            assertThat(cli.exitCode()).as(cli.err()).isEqualTo(130);
            assertThat(cli.out()).contains("nothing was measured");
        }
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @Test
    void shouldKeepTheReportOfAWorkerThatCrashes() throws Exception {
        try (CliProcess cli = startLongRound()) {
            cli.crashChildrenUntilItEnds();

            assertThat(cli.exitCode()).as(cli.err()).isEqualTo(ExitCode.FAILED);
            assertThat(cli.err()).contains("SIGSEGV");
        }
        assertThat(folder.resolve("out")).isDirectoryContaining("glob:**/blazefl4j-crash-0-*.log");
    }

    /** No user can create a folder below a file. */
    @Test
    void shouldRefuseAFolderThatCannotBeCreatedBeforeMeasuring() throws Exception {
        Files.createFile(folder.resolve("file"));
        try (CliProcess cli = CliProcess.start(folder, "bench", "--out=file/out")) {
            assertThat(cli.exitCode()).as(cli.err()).isEqualTo(ExitCode.USAGE);

            assertThat(cli.out()).isEmpty();
            assertThat(cli.err()).contains("blazefl4j bench: cannot create the output folder: --output=file/out");
        }
    }

    @Test
    void shouldRefuseAFolderWithResultsBeforeMeasuring() throws Exception {
        Files.createDirectory(folder.resolve("out"));
        Files.createFile(folder.resolve("out/bench.json"));
        try (CliProcess cli = CliProcess.start(folder, "bench", "--out=out")) {
            assertThat(cli.exitCode()).isEqualTo(ExitCode.USAGE);

            assertThat(cli.out()).isEmpty();
            assertThat(cli.err()).startsWith("blazefl4j bench: output folder is not empty: --output=out");
        }
    }
}
