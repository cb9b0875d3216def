package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.metrics.LocalMlflow;
import org.blazefl4j.metrics.LocalMlflow.Run;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Records runs of the command line in MLflow. */
@Slow
final class MlflowProcessTest {

    @TempDir
    private Path folder;

    private LocalMlflow mlflow;

    @BeforeEach
    void startServer() throws IOException {
        mlflow = new LocalMlflow();
    }

    @AfterEach
    void stopServer() {
        mlflow.close();
    }

    /** Starts a run of short rounds. */
    private CliProcess run(String... more) throws IOException {
        String args = "run --num-clients=10 --sample-ratio=0.3 --local-steps=1 --batch-size=20"
                + " --execution-mode=single-threaded --output=results --mlflow=" + mlflow.address();
        List<String> all = new ArrayList<>(List.of(args.split(" ")));
        all.addAll(Arrays.asList(more));
        return CliProcess.start(folder, all.toArray(String[]::new));
    }

    /** Requires what result files have, once and in order. */
    private void requireAllRounds(Run run) throws IOException {
        List<String[]> rows = Files.readAllLines(folder.resolve("results/metrics.csv")).stream()
                .map(line -> line.split(","))
                .toList();
        int accuracy = Arrays.asList(rows.get(0)).indexOf("accuracy");
        assertThat(run.steps("accuracy"))
                .isEqualTo(LongStream.range(1, rows.size()).boxed().toList());
        assertThat(run.values("accuracy"))
                .isEqualTo(rows.stream()
                        .skip(1)
                        .map(row -> Double.parseDouble(row[accuracy]))
                        .toList());
        assertThat(run.metrics).hasSize((rows.size() - 1) * (rows.get(0).length - 2));
    }

    @Test
    void shouldRecordARun() throws Exception {
        try (CliProcess cli = run("--global-round=3", "--algorithm=fedprox:mu=0.1")) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();
            assertThat(cli.err()).isEmpty();
            assertThat(cli.out().lines())
                    .contains("  mlflow         " + mlflow.address() + "/#/experiments/1/runs/" + mlflow.run().id);
        }

        Run run = mlflow.run();
        assertThat(mlflow.experiments()).containsEntry(run.experiment, "blazefl4j");
        assertThat(run.name).isEqualTo("results");
        assertThat(run.params)
                .containsEntry("algorithm", "fedprox:mu=0.1")
                .containsEntry("algorithm.mu", "0.1")
                .containsEntry("local_steps", "1")
                .containsEntry("seed", "42")
                .containsKeys("lr", "data_sha256")
                .doesNotContainKeys("environment", "started", "output", "mlflow");
        assertThat(run.tags).containsEntry("seed", "42").containsKeys("engine", "blazefl4j.version");
        assertThat(run.status()).isEqualTo("FINISHED");
        requireAllRounds(run);
        for (String file : List.of("experiment.toml", "report.html")) {
            assertThat(LocalMlflow.content(run, file)).isEqualTo(Files.readString(folder.resolve("results/" + file)));
        }
    }

    @Test
    void shouldGoOnWithoutTheServerAndSendTheRestWhenTheRunIsResumed() throws Exception {
        String[] saved = {"--checkpoint-dir=saved", "--resume", "--no-report", "--global-round=1000"};
        try (CliProcess cli = run(saved)) {
            cli.awaitOutput("round    3/1000");
            cli.await("a round", () -> mlflow.run().steps("accuracy").contains(2L));
            mlflow.stop();
            cli.awaitOutput("round   20/1000");
            cli.killAfter(Duration.ZERO);
            assertThat(cli.err())
                    .startsWith("WARNING: MLflow takes nothing: server=" + mlflow.address() + ", found=")
                    .hasLineCount(1);
        }
        assertThat(mlflow.run().steps("accuracy")).hasSizeLessThan(20);
        int rounds = Files.readAllLines(folder.resolve("results/metrics.csv")).size() + 2;
        saved[3] = "--global-round=" + rounds;

        try (CliProcess cli = run(saved)) {
            assertThat(cli.exitCode()).isEqualTo(ExitCode.USAGE);
            assertThat(cli.err())
                    .isEqualTo("blazefl4j run: MLflow cannot be used: --mlflow=" + mlflow.address()
                            + ", found=Connection refused; start the server, or give the address and the credentials of"
                            + " another\n");
        }

        mlflow.restart();
        mlflow.loseAnswer("runs/get"); // MLflow's client asks again, and must not say so on the terminal
        try (CliProcess cli = run(saved)) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();
            assertThat(cli.err()).isEmpty();
            assertThat(cli.out()).contains("completed: " + rounds + " of " + rounds + " rounds");
        }
        requireAllRounds(mlflow.run());
        assertThat(mlflow.run().statuses).containsExactly("RUNNING", "RUNNING", "FINISHED");
        assertThat(mlflow.run().artifacts).containsOnlyKeys("experiment.toml");
    }

    @Test
    void shouldRecordEarlierRoundsOfARunThatIsResumed() throws Exception {
        String[] saved = {"--checkpoint-dir=saved", "--resume", "--no-report", "--global-round=3", "--mlflow=false"};
        try (CliProcess cli = run(saved)) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();
        }
        assertThat(mlflow.runs()).isEmpty();

        saved[3] = "--global-round=5";
        saved[4] = "--mlflow-experiment=another";
        try (CliProcess cli = run(saved)) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();
        }
        assertThat(mlflow.run().steps("accuracy")).containsExactly(1L, 2L, 3L, 4L, 5L);
        requireAllRounds(mlflow.run());
        assertThat(mlflow.experiments().values()).containsExactly("another");
    }

    @Test
    void shouldNameWhatAServerThatWentAwayLacks() throws Exception {
        try (CliProcess cli = run("--global-round=9")) {
            cli.awaitOutput("round 1/9");
            mlflow.stop();
            assertThat(cli.exitCode()).isZero();
            assertThat(cli.out()).contains("completed: 9 of 9 rounds");
            assertThat(cli.err().lines())
                    .hasSize(2)
                    .last()
                    .asString()
                    .matches(
                            "WARNING: MLflow lacks a part of the run: run=.*, missing=rounds \\d+ to 9, the status"
                                    + " FINISHED, experiment.toml, report.html, found=Connection refused; result files have it");
        }
        assertThat(Files.readAllLines(folder.resolve("results/metrics.csv"))).hasSize(10);
    }

    @Test
    void shouldSayThatARunWasKilled() throws Exception {
        try (CliProcess cli = run("--global-round=100000")) {
            cli.awaitOutput("round      3/100000");
            cli.signalAll("INT");
            assertThat(cli.exitCode()).isEqualTo(130);
        }
        assertThat(mlflow.run().statuses).containsExactly("RUNNING", "KILLED");
        requireAllRounds(mlflow.run());
    }

    @Test
    void shouldSayThatARunFailed() throws Exception {
        try (CliProcess cli = run("--global-round=5", "--lr=1e9", "--on-non-finite=fail")) {
            assertThat(cli.exitCode()).isEqualTo(ExitCode.FAILED);
        }
        assertThat(mlflow.run().status()).isEqualTo("FAILED");
    }

    /** Writes a study with a run for each learning rate. */
    private void writeStudy(String rates) throws IOException {
        Files.writeString(folder.resolve("study.toml"), """
                num-clients = 10
                sample-ratio = 0.3
                global-round = 2
                local-steps = 1
                execution-mode = "single-threaded"
                mlflow = "%s"

                [sweep]
                seeds = 1

                [sweep.grid]
                lr = [%s]
                """.formatted(mlflow.address(), rates));
    }

    @Test
    void shouldCompleteASweepWhoseServerGoesAway() throws Exception {
        writeStudy("0.1, 0.05");
        try (CliProcess cli = CliProcess.start(folder, "sweep", "study.toml")) {
            cli.awaitOutput("completed      lr=0.1,seed=42");
            mlflow.stop();
            assertThat(cli.exitCode()).as(cli.err()).isZero();
        }

        assertThat(mlflow.run().name).isEqualTo("lr=0.1,seed=42");
        Path second = folder.resolve("sweeps/study/lr=0.05,seed=42");
        assertThat(second.resolve("mlflow.json")).doesNotExist();
        assertThat(second.resolve("state/errors.txt"))
                .hasContent("WARNING: run is not recorded in MLflow, and goes on: MLflow cannot be used: --mlflow="
                        + mlflow.address() + ", found=Connection refused; start the server, or give the address and the"
                        + " credentials of another");
    }

    @Test
    void shouldRecordTheRunsOfASweepInOneExperiment() throws Exception {
        writeStudy("0.1, 0.05");
        try (CliProcess cli = CliProcess.start(folder, "sweep", "study.toml")) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();
        }
        writeStudy("0.1");
        try (CliProcess cli = CliProcess.start(
                folder, "sweep", "study.toml", "--mlflow-experiment", "another", "--output", "swept")) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();
        }

        assertThat(mlflow.experiments().values()).containsExactly("study", "another");
        assertThat(mlflow.runs()).extracting(run -> run.experiment).containsExactly("1", "1", "2");
        assertThat(mlflow.runs().subList(0, 2))
                .extracting(run -> run.name, run -> run.params.get("lr"), Run::status, run -> run.steps("loss"))
                .containsExactly(
                        tuple("lr=0.1,seed=42", "0.1", "FINISHED", List.of(1L, 2L)),
                        tuple("lr=0.05,seed=42", "0.05", "FINISHED", List.of(1L, 2L)));

        mlflow.stop();
        try (CliProcess cli = CliProcess.start(folder, "sweep", "study.toml", "--output", "none")) {
            assertThat(cli.exitCode()).isEqualTo(ExitCode.USAGE);
            assertThat(cli.err())
                    .startsWith("blazefl4j sweep: MLflow cannot be used: --mlflow=")
                    .hasLineCount(1);
        }
        assertThat(folder.resolve("none")).doesNotExist();
    }
}
