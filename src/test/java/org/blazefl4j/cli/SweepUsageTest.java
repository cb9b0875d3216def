package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.blazefl4j.cli.options.ExitCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests what {@code sweep} prints without running anything. */
final class SweepUsageTest {

    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int sweep(String text, String... options) throws IOException {
        Path file = Files.writeString(folder.resolve("study.toml"), text);
        String[] args = new String[options.length + 4];
        System.arraycopy(options, 0, args, 4, options.length);
        args[0] = "sweep";
        args[1] = file.toString();
        args[2] = "--output";
        args[3] = folder.resolve("results").toString();
        return Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(args);
    }

    @Test
    void shouldListTheRuns() throws IOException {
        assertThat(sweep("[sweep]\nseeds = 2\ngrid.lr = [0.1, 0.2]\n", "--dry-run"))
                .isZero();

        assertThat(out.toString().lines())
                .containsExactly(
                        "open       lr=0.1,seed=42",
                        "open       lr=0.2,seed=42",
                        "open       lr=0.1,seed=43",
                        "open       lr=0.2,seed=43");
        assertThat(folder.resolve("results")).doesNotExist();
    }

    @Test
    void shouldRefuseAnExperimentOfMlflowForRunsThatAreNotRecorded() throws IOException {
        assertThat(sweep("[sweep]\nseeds = 1\n", "--mlflow-experiment", "a")).isEqualTo(ExitCode.USAGE);

        assertThat(err.toString()).contains("--mlflow-experiment has no effect: add --mlflow, or omit it");
        assertThat(folder.resolve("results")).doesNotExist();
    }

    /** The studies of the examples can be started. */
    @ParameterizedTest
    @CsvSource({"examples/study.toml, 15", "examples/reproduce/fashion-mnist.toml, 48"})
    void shouldTakeTheStudiesOfTheExamples(Path study, int runs) throws IOException {
        assertThat(sweep(Files.readString(study), "--dry-run"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString().lines()).hasSize(runs);
    }

    /** The files that the page shows are what it says they are. */
    @Test
    void shouldTakeTheFilesOfTheDocs() throws IOException {
        String page = Files.readString(Path.of("docs/experiments.md"));
        List<String> files = Pattern.compile("```toml\n(.*?)```", Pattern.DOTALL)
                .matcher(page)
                .results()
                .map(found -> found.group(1))
                .toList();

        assertThat(files).hasSize(3);
        for (String single : files.subList(0, 2)) {
            Path study = Files.writeString(folder.resolve("single.toml"), single);
            assertThat(Main.commandLine()
                            .setOut(new PrintWriter(new StringWriter()))
                            .setErr(new PrintWriter(err))
                            .execute("run", study.toString(), "--print-config"))
                    .as(err.toString())
                    .isZero();
        }
        assertThat(sweep(files.get(2), "--dry-run")).as(err.toString()).isZero();
        assertThat(out.toString().lines())
                .hasSize(24)
                .contains("open       algorithm=moon:mu=0.1,global-round=40,lr=0.05,seed=44");
        assertThat(err.toString()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            grid.lr = [0.1, 0]                       | invalid value: file=@, line=2, key=lr, value=0, expected=a number above 0
            grid.algorithm.mu = [1]                  | invalid value: file=@, line=2, key=algorithm, value=fedavg:mu=1, expected=fedavg without settings
            grid.sample-ratio = [0.1, 0.001]         | settings do not fit together: file=@, run=sample-ratio=0.001,seed=42: sample too small: --sample-ratio=0.001
            grid.num-parallels = [1, 100]            | too many workers: file=@, line=2, --jobs=2, num-parallels=100, limit=
            seed = 1                                 | unknown key: file=@, line=2, key=sweep.seed, expected=one of
            """)
    void shouldRefuseAStudyOfWhichARunCannotStart(String line, String message) throws IOException {
        String jobs = Runtime.getRuntime().availableProcessors() > 1 ? "2" : "1";

        assertThat(sweep("[sweep]\n" + line + "\n", "--jobs", jobs)).isEqualTo(ExitCode.USAGE);

        assertThat(err.toString())
                .startsWith("blazefl4j sweep: "
                        + message.replace("@", folder.resolve("study.toml").toString()));
        assertThat(folder.resolve("results")).doesNotExist();
    }

    @Test
    void shouldRefuseMoreJobsThanCores() throws IOException {
        assertThat(sweep("[sweep]\n", "--jobs", "10000")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .startsWith("blazefl4j sweep: too many jobs: --jobs=10000, limit="
                        + Runtime.getRuntime().availableProcessors() + ", the number of cores; lower it");
    }
}
