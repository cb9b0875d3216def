package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.cli.options.ExperimentSchema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Reads experiment files, and prints those that commands amount to. */
final class ExperimentFileTest {

    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... args) {
        List<String> line = new ArrayList<>(List.of("run"));
        line.addAll(Arrays.asList(args));
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(line.toArray(String[]::new));
    }

    private String file(String text) throws IOException {
        return Files.writeString(folder.resolve("study.toml"), text).toString();
    }

    /** Returns the file that a command amounts to. */
    private String printed(String... args) {
        List<String> line = new ArrayList<>(Arrays.asList(args));
        line.add("--print-config");
        assertThat(run(line.toArray(String[]::new))).as(err.toString()).isZero();
        return out.toString();
    }

    @Test
    void shouldStandForTheSameOptions() throws IOException {
        String file = file("""
                algorithm = {name = "moon", mu = 0.5, temperature = 1}
                num-clients = 10
                lr = 0.05
                personal = ["fc2.*", "conv1.bias"]
                server-optimizer = "yogi:lr=0.1"
                client-evaluation = "last"
                max-time = 1.5
                stop-on-divergence = true
                """);

        assertThat(printed(file))
                .isEqualTo(printed(
                        "--algorithm=moon:mu=0.5,temperature=1",
                        "--num-clients=10",
                        "--lr=0.05",
                        "--personal=fc2.*,conv1.bias",
                        "--server-optimizer=yogi:lr=0.1",
                        "--client-evaluation=last",
                        "--max-time=1.5",
                        "--stop-on-divergence"));
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void shouldYieldToTheCommandLine() throws IOException {
        String file = file("lr = 0.05\nepochs = 2\nclient-models = [\"cnn\", \"mlp\"]\nalgorithm = \"dsfl\"\n");

        assertThat(printed("--lr=0.2", file, "--client-models", "mlp"))
                .contains("lr = 0.2\n", "epochs = 2\n", "client-models = [\"mlp\"]\n", "num-clients = 20\n");
    }

    @Test
    void shouldTakeFalseForAnAbsentFlagAndDollarsAsTheyAre() throws IOException {
        String file = file("stop-on-divergence = false\nevaluate-clients = false\npersonal = '${HOME}$$'\n");

        assertThat(printed(file))
                .contains("personal = [\"${HOME}$$\"]\n")
                .doesNotContain("stop-on-divergence", "evaluate-clients");
        assertThat(err.toString()).isEmpty();
    }

    /** Options without effect are left out, so that the file is one that run takes. */
    @Test
    void shouldNoteSettingsWithoutEffectAndLeaveThemOut() throws IOException {
        String file = file("partition = \"shards\"\nnum-shards = 400\nkd-lr = 0.2\nlocal-steps = 3\n");

        assertThat(printed(file, "--partition=iid")).doesNotContain("num-shards", "kd-lr", "epochs");
        assertThat(err.toString().lines())
                .containsExactly(
                        "note: num-shards has no effect: file=" + file
                                + ", line=2; add --partition shards, or remove the line",
                        "note: kd-lr has no effect: file=" + file
                                + ", line=3; add --algorithm dsfl, or remove the line");
        assertThat(printed(file)).contains("num-shards = 400\n", "local-steps = 3\n");
    }

    /** Neither are they recorded, nor do others lose their effect by them. */
    @Test
    void shouldRunAsIfSettingsWithoutEffectWereNotThere() throws IOException {
        String file =
                file("algorithm = \"dsfl\"\nsampler = \"poisson\"\nsample-ratio = 0.2\nlocal-steps = 3\nepochs = 2\n");

        assertThat(printed(file)).isEqualTo(printed("--algorithm=dsfl", "--sample-ratio=0.2", "--epochs=2"));
        printed(file);
        assertThat(err.toString().lines())
                .hasSize(2)
                .allMatch(line -> line.matches("note: (sampler|local-steps) has no effect: .*"));
    }

    static Stream<List<String>> commands() throws IOException {
        return Stream.of(
                List.of(),
                List.of("--algorithm=dsfl", "--client-models=cnn,mlp", "--evaluate-clients", "--open-size=500"),
                List.of("--algorithm=scaffold:option=1", "--weighting=uniform", "--seed=-9223372036854775808"),
                List.of("--partition=dirichlet", "--dir-alpha=0.000001", "--lr=1e-30", "--batch-size=2147483647"),
                List.of("--local-optimizer=adam", "--weight-decay=1e-4", "--lr-schedule=step:30:0.1"),
                List.of("--sampler=poisson:rate=0.05", "--max-grad-norm=3.4e38", "--max-upload=0.1", "--retries=3"),
                List.of("--personal=b\\c\u0001 \u00e4", "--client-time-limit=0.001", "--stop-at=accuracy=0.90"),
                List.of("--data-dir=a 'folder'", "--dataset=mnist", "--pixels=unit", "--device=cuda:1"),
                List.of(
                        "--execution-mode=multi-threaded",
                        "--num-parallels=3",
                        "--patience=loss=5",
                        "--evaluate-every=10",
                        "--engine=native"));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void shouldPrintAFileThatPrintsItself(List<String> command) throws IOException {
        String text = printed(command.toArray(String[]::new));

        assertThat(printed(file(text))).isEqualTo(text);
        assertThat(err.toString()).isEmpty();
    }

    /** What is relative on the command line is found from every folder, and places of files are left out. */
    @Test
    void shouldPrintAbsolutePathsAndNoPlacesOfFiles() throws IOException {
        Path trace = Files.writeString(folder.resolve("phones.csv"), "0,1,9\n");
        Path relative = Path.of("").toAbsolutePath().relativize(trace);

        assertThat(printed("--data-dir=images", "--sampler=available:trace=" + relative))
                .contains(
                        "data-dir = \"" + Path.of("images").toAbsolutePath() + "\"\n",
                        "sampler = \"available:trace="
                                + Path.of("").toAbsolutePath().resolve(relative) + "\"\n");
        assertThat(printed("--model-class=Net", "--model-path=a.jar:/b", "--initial-model=" + relative))
                .contains(
                        "model-path = [\"" + Path.of("a.jar").toAbsolutePath() + "\", \"/b\"]\n",
                        "initial-model = \"" + Path.of("").toAbsolutePath().resolve(relative) + "\"\n")
                .doesNotContain("model-name");
        assertThat(printed("--output=o", "--checkpoint-dir=c", "--resume", "--cache-dir=d", "--verbose"))
                .isEqualTo(printed());
    }

    @Test
    void shouldPrintOptionsOfDevicesOnlyIfThereIsADevice() throws IOException {
        assertThat(printed("--step-graphs=off", "--device-data-share=0.5", "--device-result-share=0"))
                .isEqualTo(printed());
        assertThat(printed("--step-graphs=off", "--device-data-share=0.5", "--device-result-share=0", "--device=cuda"))
                .contains("device-data-share = 0.5\n", "device-result-share = 0.0\n", "step-graphs = \"off\"\n");
    }

    @Test
    void shouldHaveAKeyForEveryOptionInAGroup() {
        var schema = new ExperimentSchema(
                Main.commandLine().getSubcommands().get("run").getCommandSpec());

        assertThat(schema.keys())
                .contains("algorithm", "global-round", "personal", "resume", "output")
                .doesNotContain("help", "version", "print-config", "rounds");
    }

    static Stream<Arguments> refusals() {
        String value = "invalid value: file=@, line=2, key=";
        return Stream.of(
                Arguments.of("lr = 0", value + "lr, value=0, expected=a number above 0 and at most 3.4028235E38"),
                Arguments.of("lr = nan", value + "lr, value=NaN, expected=a number above 0"),
                Arguments.of(
                        "evaluate-every = 0",
                        value + "evaluate-every, value=0, expected=a whole number of rounds from 1 to 999999999"),
                Arguments.of("retries = 2.5", value + "retries, value=2.5, expected=a whole number from 0 to 255"),
                Arguments.of("resume = \"maybe\"", value + "resume, 'maybe' is not a boolean"),
                Arguments.of("dataset = 1979-05-27", value + "dataset, value=1979-05-27, expected=fashion-mnist, "),
                Arguments.of("client-models = [\"cnn\", \"vgg\"]", value + "client-models, value=vgg, expected=cnn, "),
                Arguments.of(
                        "algorithm = {name = \"fedprox\", nu = 1}",
                        value + "algorithm, value=fedprox:nu=1, expected=fedprox:mu=0.01 or others of these settings"),
                Arguments.of(
                        "algorithm = {mu = 1}",
                        value + "algorithm, value={ \"mu\" : 1 }, expected=its name and settings, such as {name = "),
                Arguments.of("lr = {a = 1}", value + "lr, value={ \"a\" : 1 }, expected=one value, not a table"),
                Arguments.of(
                        "lr = [1, 2]",
                        value + "lr, value=[ 1, 2 ], expected=one value; lists of values to try belong into a sweep"),
                Arguments.of(
                        "batchsize = 1",
                        "unknown key: file=@, line=2, key=batchsize, expected=an option of blazefl4j run without its"
                                + " dashes; did you mean batch-size?"),
                Arguments.of(
                        "learning_rate = 1",
                        "key=learning_rate, expected=an option of blazefl4j run without its"
                                + " dashes; did you mean lr?"),
                Arguments.of("global_round = 1", "did you mean global-round?"),
                Arguments.of(
                        "[data]\nlr = 1",
                        "unknown table: file=@, line=2, key=data, expected=keys without tables; remove the line with its"
                                + " name"),
                Arguments.of(
                        "[sweep]\nseeds = 1",
                        "a sweep, not a run: file=@, line=2, expected=no table sweep; use the command sweep"),
                Arguments.of("lr = = 1", "not TOML: file=@, line=2, found=Unexpected '=', expected a value"),
                Arguments.of("seed = 1\nseed = 2", "not TOML: file=@, line=3, found=seed previously defined"));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void shouldNameTheFileTheLineAndTheKey(String line, String message) throws IOException {
        String file = file("# a study\n" + line + "\n");

        assertThat(run(file, "--lr", "0.1", "--print-config")).isEqualTo(ExitCode.USAGE);

        assertThat(err.toString()).startsWith("blazefl4j run: ").contains(message.replace("@", file));
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void shouldNameAMissingFile() {
        assertThat(run(folder.resolve("none.toml").toString())).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .startsWith("blazefl4j run: no such file: file=" + folder + "/none.toml, found=[] in " + folder
                        + ", expected=an experiment file");
        assertThat(run(folder.toString())).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .startsWith("blazefl4j run: cannot read the experiment file: file=" + folder + ", found=is a folder");
    }
}
