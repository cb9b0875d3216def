package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs, kills and continues {@code blazefl4j sweep} in a separate process. */
@Slow
final class SweepProcessTest {

    private static final int KILLS = Integer.getInteger("blazefl4j.sweep.kills", 5);

    private static final int CORES = Runtime.getRuntime().availableProcessors();

    private static final String STUDY = """
            num-clients = 10
            sample-ratio = 0.3
            global-round = 20
            local-steps = 10
            batch-size = 20
            execution-mode = "single-threaded"

            [sweep]
            seeds = 2

            [sweep.grid]
            algorithm = ["fedavg", "scaffold"]
            """;

    @TempDir
    private Path folder;

    private CliProcess start(String study, String... more) throws IOException {
        Files.writeString(folder.resolve("study.toml"), study);
        List<String> args = new ArrayList<>(List.of("sweep", "study.toml"));
        args.addAll(Arrays.asList(more));
        return CliProcess.start(folder, args.toArray(String[]::new));
    }

    /** Returns the rows of a table without the columns of times. */
    private List<String> rows(String name) throws IOException {
        Path file = folder.resolve(name);
        boolean csv = name.endsWith(".csv");
        List<String> lines = Files.readAllLines(file);
        String header = lines.get(0);
        int timed =
                csv ? header.substring(header.indexOf(",seconds_per_round") + 1).split(",").length : 1;
        String end = csv ? "(,[^,]*){" + timed + "}$" : " [^|]* \\|$";
        return lines.stream().map(line -> line.replaceFirst(end, "")).toList();
    }

    private void expectTheSame(String sweep, String undisturbed) throws IOException {
        for (String name : List.of("table.csv", "runs.csv", "table.md")) {
            assertThat(rows(sweep + "/" + name)).isEqualTo(rows(undisturbed + "/" + name));
        }
    }

    @Test
    void shouldEndWithTheTableOfAnUndisturbedSweepAfterRandomKills() throws Exception {
        try (CliProcess cli = start(STUDY, "--output", "undisturbed")) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();
            assertThat(cli.out())
                    .contains("sweep of study.toml: 4 runs, 0 completed", "| fedavg | 2 |", "| scaffold | 2 |")
                    .contains("page: undisturbed/report.html", "\nRuns: 4, completed: 4, failed: 0, skipped: 0\n");
        }
        assertThat(rows("undisturbed/table.csv")).hasSize(3);
        assertThat(folder.resolve("undisturbed/report.html"))
                .content()
                .contains("algorithm=scaffold,seed=43", "Means ± standard deviations over seeds", ", the best");
        assertThat(folder.resolve("undisturbed/algorithm=scaffold,seed=43"))
                .isDirectoryNotContaining(file -> file.endsWith("report.html"));

        String killed = folder.resolve("killed").toString();
        long seed = Long.getLong("blazefl4j.seed", System.nanoTime());
        System.out.println("kills at random moments: -Dblazefl4j.seed=" + seed);
        SplittableRandom random = new SplittableRandom(seed);
        int hit = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            String jobs = Integer.toString(1 + random.nextInt(Math.min(2, CORES)));
            try (CliProcess cli = start(STUDY, "--output", killed, "--jobs", jobs)) {
                if (kill % 2 == 0) {
                    cli.awaitOutput("sweep of study.toml"); // start-up can outlast the delay
                }
                cli.killAfter(Duration.ofMillis(random.nextInt(3000)));
                hit += cli.exitCode() == 0 ? 0 : 1;
                runsIn(killed).forEach(run -> run.onExit().join()); // nobody is left to end them
                assertThat(cli.err()).as("seed %d, kill %d", seed, kill).isEmpty();
            }
        }

        try (CliProcess cli = start(STUDY, "--output", killed)) {
            assertThat(cli.exitCode())
                    .as("seed %d: %s", seed, cli.err() + cli.out())
                    .isZero();
        }
        assertThat(hit).as("kills before the end").isPositive();
        expectTheSame("killed", "undisturbed");
    }

    @Test
    void shouldPassOnWhatTheStudySaysOfFiles() throws Exception {
        String study = """
                num-clients = 10
                sample-ratio = 0.3
                global-round = 5
                local-steps = 1
                execution-mode = "single-threaded"
                checkpoint-every = 2
                checkpoint-keep = 2
                tensorboard = true
                no-report = true

                [sweep]
                seeds = 1
                """;
        try (CliProcess cli = start(study, "--output", "swept")) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();
        }
        Path run = folder.resolve("swept/seed=42");
        assertThat(run).isDirectoryContaining("glob:**/events.out.tfevents.*");
        assertThat(run.resolve("state"))
                .isDirectoryContaining("glob:**/round-000004.checkpoint")
                .isDirectoryNotContaining("glob:**/round-00000{0,1,3}.checkpoint");
    }

    /** Returns the processes of runs, however they were started. */
    private static List<ProcessHandle> runsIn(String sweep) {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info().commandLine().orElse("").contains(" run " + sweep))
                .toList();
    }

    @Test
    void shouldSkipWhatIsCompleteAndNameWhatFails() throws Exception {
        String study = STUDY.replace("[\"fedavg\", \"scaffold\"]", "[\"fedavg\", \"fedprox\"]") // has a pull of its own
                .replace("[sweep]", "proximal-mu = 0.1\n[sweep]");
        String refusal = "--proximal-mu does not go with FedProx, which has its own; omit it";
        try (CliProcess cli = start(study, "--jobs", "" + Math.min(2, CORES))) {
            assertThat(cli.exitCode()).isEqualTo(ExitCode.FAILED);
            assertThat(cli.out().lines())
                    .anyMatch(line -> line.startsWith("  failed         algorithm=fedprox,seed=42: " + refusal + " ("))
                    .contains("- algorithm=fedprox,seed=43: " + refusal)
                    .anyMatch(line -> line.startsWith("| fedavg | 2 | **0."))
                    .anyMatch(line -> line.startsWith("| fedprox | 0 of 2 |"))
                    .anyMatch(line -> line.matches("to continue: .* sweep study.toml --jobs \\d"));
        }

        try (CliProcess cli = start(study.replace("proximal-mu = 0.1", "lr-schedule = \"cosine:9\"")
                .replace("[\"fedavg\", \"fedprox\"]", "[\"fedprox\", \"fedavg\"]"))) {
            assertThat(cli.exitCode()).isEqualTo(ExitCode.FAILED);
            assertThat(cli.out())
                    .contains("sweep of study.toml: 4 runs, 0 completed")
                    .contains("  completed      algorithm=fedprox,seed=43: accuracy 0.")
                    .contains("  failed         algorithm=fedavg,seed=42: configuration changed: file=sweeps/study/");
        }
    }

    @Test
    void shouldContinueWithMoreRoundsAfterAStop() throws Exception {
        String longer = STUDY.replace("global-round = 20", "global-round = 100000");
        try (CliProcess cli = start(longer)) {
            cli.awaitOutput("  started        algorithm=fedavg,seed=42");
            Path metrics = folder.resolve("sweeps/study/algorithm=fedavg,seed=42/metrics.csv");
            cli.await(
                    "a round",
                    () -> Files.exists(metrics) && Files.readAllLines(metrics).size() > 2);
            cli.signal("TERM");
            assertThat(cli.exitCode()).isEqualTo(143);
            assertThat(cli.out())
                    .contains("| fedavg | 0 of 2 |", "to continue: ")
                    .contains("Runs: 4, completed: 0, failed: 0, skipped: 4\n");
        }

        int rounds = Files.readAllLines(folder.resolve("sweeps/study/algorithm=fedavg,seed=42/metrics.csv"))
                        .size()
                + 1;
        for (String completed : List.of("4 runs, 0 completed", "4 runs, 4 completed")) {
            try (CliProcess cli = start(STUDY.replace("global-round = 20", "global-round = " + rounds))) {
                assertThat(cli.exitCode()).as(cli.err() + cli.out()).isZero();
                assertThat(cli.out()).contains(completed);
            }
        }
        assertThat(rows("sweeps/study/runs.csv").subList(1, 5)).allMatch(row -> row.contains(",completed,"));
    }

    @Test
    void shouldRefuseTwoAtOnce() throws Exception {
        try (CliProcess first = start(STUDY);
                CliProcess second = startWhen(first)) {
            assertThat(second.exitCode()).isEqualTo(ExitCode.USAGE);
            assertThat(second.err())
                    .isEqualTo(
                            "blazefl4j sweep: sweep is running: --output=sweeps/study, by=another process; wait for it"
                                    + " to end, or choose another folder\n");
        }
    }

    private CliProcess startWhen(CliProcess first) throws IOException, InterruptedException {
        first.awaitOutput("  started ");
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        Files.createSymbolicLink(elsewhere.resolve("sweeps"), folder.resolve("sweeps"));
        Files.copy(folder.resolve("study.toml"), elsewhere.resolve("study.toml"));
        return CliProcess.start(elsewhere, "sweep", "study.toml");
    }
}
