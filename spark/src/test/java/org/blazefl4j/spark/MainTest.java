package org.blazefl4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.blazefl4j.spark.SparkOptions.Inner;
import org.blazefl4j.spark.SparkOptions.Results;
import org.blazefl4j.trainer.ExecutionMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An experiment file gives the same results by {@code spark-submit} as by {@code blazefl4j}. */
final class MainTest {

    private static final Path DIST = Path.of(System.getProperty("blazefl4j.dist"));
    private static final Path JAR = Path.of(System.getProperty("blazefl4j.spark.jar"));
    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();

    @TempDir
    private Path folder;

    @Test
    void shouldRunAnExperimentFile() throws Exception {
        Path file = folder.resolve("study.toml");
        Files.writeString(file, """
                algorithm = "scaffold"
                num-clients = 8
                global-round = 2
                model-name = "mlp"
                epochs = 1
                execution-mode = "single-threaded"
                client-evaluation = "last"
                no-report = true
                """);
        Path here = folder.resolve("here");
        run(List.of(JAVA, "-jar", DIST.resolve("blazefl4j.jar").toString()), file, here);
        Path there = folder.resolve("there");
        try (Cluster cluster = new Cluster(folder, 2, 1)) {
            String output = run(submit(cluster), file, there);
            assertThat(output).contains("Spark, " + cluster.url() + ", single-threaded in executors");
        }
        assertThat(metrics(there)).isEqualTo(metrics(here)).hasSize(3);
    }

    private static List<String> submit(Cluster cluster) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(JAVA);
        command.addAll(Arrays.asList(System.getProperty("blazefl4j.spark.jvm").split(" ")));
        command.addAll(List.of("-cp", Cluster.JARS, "org.apache.spark.deploy.SparkSubmit"));
        command.addAll(List.of("--master", cluster.url(), "--executor-memory", "512m"));
        for (String setting : List.of(
                "spark.driver.host=127.0.0.1",
                "spark.ui.enabled=false",
                "spark.executor.cores=1",
                "spark.blazefl4j.results=sums",
                "spark.serializer=org.apache.spark.serializer.KryoSerializer", // refuses records
                "spark.scheduler.minRegisteredResourcesRatio=1.0")) {
            command.addAll(List.of("--conf", setting));
        }
        try (Stream<Path> jars = Files.list(DIST.resolve("lib"))) {
            command.addAll(List.of(
                    "--jars",
                    jars.map(jar -> "local:" + jar.toAbsolutePath().normalize()).collect(Collectors.joining(","))));
        }
        command.addAll(List.of("--class", Main.class.getName(), JAR.toString()));
        return command;
    }

    /** Runs the experiment; returns what it prints. */
    private String run(List<String> program, Path file, Path output) throws Exception {
        List<String> command = new ArrayList<>(program);
        command.addAll(List.of("run", file.toString(), "--output", output.toString()));
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectError(folder.resolve("errors").toFile())
                .start();
        String printed = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor())
                .as(() -> printed + "\n" + read(folder.resolve("errors")))
                .isZero();
        return printed;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Returns the lines of the result file, without times. */
    private static List<String> metrics(Path run) throws IOException {
        List<List<String>> rows = Files.readAllLines(run.resolve("metrics.csv")).stream()
                .map(line -> List.of(line.split(",")))
                .toList();
        List<String> names = rows.get(0);
        return rows.stream()
                .map(row -> Stream.iterate(0, i -> i < names.size(), i -> i + 1)
                        .filter(i -> !names.get(i).endsWith("_seconds"))
                        .map(row::get)
                        .collect(Collectors.joining(",")))
                .toList();
    }

    @Test
    void shouldTakeOptionsFromSparksSettings() {
        SparkConf conf = new SparkConf(false)
                .set("spark.blazefl4j.results", "sums")
                .set("spark.blazefl4j.clientsPerTask", "5")
                .set("spark.blazefl4j.driverSumBytes", "2g");
        assertThat(Main.options(conf, ExecutionMode.MULTI_THREADED))
                .isEqualTo(new SparkOptions(Inner.THREADS, 5, Results.SUMS, 2L << 30));
        assertThat(Main.options(new SparkConf(false), ExecutionMode.MULTI_PROCESS))
                .isEqualTo(SparkOptions.defaults().withInner(Inner.PROCESSES));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Main.options(
                        new SparkConf(false).set("spark.blazefl4j.results", "some"), ExecutionMode.MULTI_THREADED))
                .withMessage("no such setting: spark.blazefl4j.results=some, expected=each or sums");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SparkOptions.defaults().withDriverSumBytes(-1))
                .withMessage("bytes of sums out of range: driverSumBytes=-1, limit=0 or more; 0 lets executors add up"
                        + " all sums that can be cut");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SparkOptions.defaults().withClientsPerTask(-1))
                .withMessage("clients of a task out of range: clientsPerTask=-1, limit=0 or more; 0 lets the trainer"
                        + " choose");
    }
}
