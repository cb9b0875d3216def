package org.blazefl4j.cli.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.blazefl4j.cli.Main;
import org.blazefl4j.cli.options.ExperimentSchema;
import org.blazefl4j.cli.options.Settings.Setting;
import org.blazefl4j.cli.options.UsageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A study stands for the runs that its file describes. */
final class StudyTest {

    @TempDir
    private Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("study.toml"), text);
    }

    private Study study(String text) throws IOException {
        var run = Main.commandLine().getSubcommands().get("run");
        return Study.read(file(text), new ExperimentSchema(run.getCommandSpec()));
    }

    private static List<String> titles(Study study) {
        return study.runs().stream().map(PlannedRun::title).toList();
    }

    @Test
    void shouldCombineTheGridSeedBySeed() throws IOException {
        Study study = study("""
                epochs = 1
                [sweep]
                seeds = [3, 1]
                best = "loss"
                [sweep.grid]
                lr = [0.1, 0.02]
                algorithm = ["fedavg", {name = "fedprox", mu = 1}]
                """);

        assertThat(titles(study))
                .containsExactly(
                        "algorithm=fedavg,lr=0.1,seed=3",
                        "algorithm=fedprox:mu=1,lr=0.1,seed=3",
                        "algorithm=fedavg,lr=0.02,seed=3",
                        "algorithm=fedprox:mu=1,lr=0.02,seed=3",
                        "algorithm=fedavg,lr=0.1,seed=1",
                        "algorithm=fedprox:mu=1,lr=0.1,seed=1",
                        "algorithm=fedavg,lr=0.02,seed=1",
                        "algorithm=fedprox:mu=1,lr=0.02,seed=1");
        assertThat(study.best()).isEqualTo("loss");
        assertThat(study.varied()).containsExactly("algorithm", "lr");
        assertThat(study.bySettings())
                .hasSize(4)
                .allSatisfy(runs -> assertThat(runs).hasSize(2));
        assertThat(study.runs()).allSatisfy(run -> {
            assertThat(run.settings().get("epochs")).map(Setting::text).contains("1");
            assertThat(run.settings().get("seed")).map(Setting::text).contains("" + run.seed());
        });
    }

    @Test
    void shouldCombineEachEntryOfAListWithTheGrid() throws IOException {
        Study study = study("""
                partition = "iid"
                [sweep.grid]
                algorithm.mu = [1, 2.5]
                client-models = [["cnn", "mlp"], "cnn"]
                [[sweep.list]]
                algorithm = "fedprox"
                [[sweep.list]]
                algorithm = "moon:temperature=1"
                partition = "dirichlet"
                """);

        assertThat(titles(study))
                .containsExactly(
                        "algorithm=fedprox:mu=1,partition=iid,client-models=cnn,mlp,seed=42",
                        "algorithm=fedprox:mu=1,partition=iid,client-models=cnn,seed=42",
                        "algorithm=fedprox:mu=2.5,partition=iid,client-models=cnn,mlp,seed=42",
                        "algorithm=fedprox:mu=2.5,partition=iid,client-models=cnn,seed=42",
                        "algorithm=moon:temperature=1,mu=1,partition=dirichlet,client-models=cnn,mlp,seed=42",
                        "algorithm=moon:temperature=1,mu=1,partition=dirichlet,client-models=cnn,seed=42",
                        "algorithm=moon:temperature=1,mu=2.5,partition=dirichlet,client-models=cnn,mlp,seed=42",
                        "algorithm=moon:temperature=1,mu=2.5,partition=dirichlet,client-models=cnn,seed=42");
    }

    @Test
    void shouldCountSeedsFromTheExperimentsOwn() throws IOException {
        assertThat(titles(study("seed = 7\n[sweep]\nseeds = 3\n"))).containsExactly("seed=7", "seed=8", "seed=9");
        assertThat(titles(study("[sweep]\n"))).containsExactly("seed=42");
        assertThat(titles(study("seed = 9223372036854775806\n[sweep]\nseeds = 2\n")))
                .containsExactly("seed=9223372036854775806", "seed=9223372036854775807");
    }

    @Test
    void shouldNameFoldersByWhatTellsRunsApart() throws IOException {
        String longest = "x".repeat(200);
        List<String> names = study(
                        "[sweep.grid]\npersonal = ['a/b', 'a_b', '" + longest + "', '" + longest + "y', '..']\n")
                .runs()
                .stream()
                .map(PlannedRun::folderName)
                .toList();

        assertThat(names).doesNotHaveDuplicates().allMatch(name -> name.matches("personal=[\\w.,=+:@%-]+"));
        assertThat(names).contains("personal=a_b,seed=42", "personal=..,seed=42");
        assertThat(names).allMatch(name -> name.length() < 200);
    }

    static Stream<Arguments> refusals() {
        String invalid = "invalid value: file=@, line=2, key=";
        return Stream.of(
                Arguments.of(
                        "lr = 1", "no sweep: file=@, expected=a table sweep, such as [sweep] with the line seeds = 3"),
                Arguments.of(
                        "[sweep]\nseed = 3",
                        "unknown key: file=@, line=3, key=sweep.seed, expected=one of [seeds, grid, list, best]; did you"
                                + " mean seeds?"),
                Arguments.of(
                        "sweep = {seeds = 0}", invalid + "sweep.seeds, expected=whole numbers in an array, or how"),
                Arguments.of("sweep = {seeds = [1, 2.0]}", invalid + "sweep.seeds, expected=whole numbers"),
                Arguments.of("sweep = {seeds = []}", invalid + "sweep.seeds, expected=whole numbers"),
                Arguments.of(
                        "seed = 9223372036854775806\nsweep = {seeds = 3}",
                        "invalid value: file=@, line=3, key=sweep.seeds, expected=no seed above 9223372036854775807, with"
                                + " seed=9223372036854775806 as the first; lower one of the two"),
                Arguments.of("sweep = {best = 1}", invalid + "sweep.best, expected=the name of a figure, such as"),
                Arguments.of(
                        "sweep = {list = 1}",
                        invalid + "sweep.list, expected=tables, each below a line [[sweep.list]]"),
                Arguments.of("sweep = {list = [1]}", invalid + "sweep.list, expected=tables, each below a line"),
                Arguments.of(
                        "sweep = {grid = 1}",
                        invalid + "sweep.grid, expected=keys with arrays of values, below a line"),
                Arguments.of("sweep.grid.lr = 1", invalid + "sweep.grid.lr, expected=an array of values to try"),
                Arguments.of("sweep.grid.lr = []", invalid + "sweep.grid.lr, expected=an array of values to try"),
                Arguments.of(
                        "sweep.grid.algorithm.mu = 1",
                        invalid + "sweep.grid.algorithm.mu, expected=an array of values to try"),
                Arguments.of("sweep.grid.lrr = [1]", "unknown key: file=@, line=2, key=lrr, expected=an option of"),
                Arguments.of("[sweep.grid]\nlr = [1,\n{a = 2}]", "invalid value: file=@, line=4, key=lr, value={"),
                Arguments.of("[[sweep.list]]\nlrr = 1", "unknown key: file=@, line=3, key=lrr, expected=an option of"),
                Arguments.of(
                        "sweep.grid.seed = [1]",
                        "invalid key: file=@, line=2, key=seed, expected=seeds in the table sweep, since tables have means"
                                + " over them"),
                Arguments.of(
                        "output = \"o\"\n[sweep]",
                        "key not for sweeps: file=@, line=2, key=output, expected=no places of files; remove the line, and"
                                + " use the option --output of sweep"),
                Arguments.of("sweep.grid.resume = [true]", "key not for sweeps: file=@, line=2, key=resume"),
                Arguments.of(
                        "sweep.grid.lr = [0.1, 0.10]",
                        "the same run twice: file=@, run=lr=0.1,seed=42; remove one of the values that are equal"),
                Arguments.of(
                        "sweep = {seeds = 9999, grid = {lr = [0.1, 0.2]}}",
                        "too many runs: file=@, runs=19998, limit=10000; divide the study"));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void shouldNameTheLineOfWhatItCannotUse(String text, String message) {
        assertThatThrownBy(() -> study("# a study\n" + text + "\n"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining(
                        message.replace("@", folder.resolve("study.toml").toString()));
    }
}
