package org.blazefl4j.cli.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.blazefl4j.cli.options.Settings;
import org.blazefl4j.cli.sweep.Sweep.Ready;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tables have no runs that read different files from the same places. */
final class InputsTest {

    private static final String REMEDY =
            "; restore the files and delete the folder of the run that read others, or use a new --output";

    @TempDir
    private Path folder;

    private final List<Ready> runs = new ArrayList<>();

    private void completed(long seed, String experiment, String hashes) throws IOException {
        PlannedRun run = new PlannedRun(Map.of(), seed, Settings.NONE);
        RunFiles files = RunFiles.of(folder, run, experiment);
        files.prepare(experiment);
        Files.writeString(files.folder().resolve("experiment.toml"), experiment);
        Files.writeString(
                files.folder().resolve("metrics.jsonl"),
                "{\"type\":\"configuration\"" + hashes
                        + "}\n{\"type\":\"summary\",\"status\":\"completed\",\"accuracy\":0." + seed + "}\n");
        runs.add(new Ready(run, files, experiment));
    }

    private Sweep sweep() {
        Study study = new Study(runs.stream().map(Ready::run).toList(), "accuracy");
        return new Sweep(study, runs, folder, new PrintStream(new ByteArrayOutputStream()));
    }

    @ParameterizedTest
    @CsvSource({
        "data_sha256, data-file = \"/d/a.csv\"",
        "data_sha256, dataset = \"mnist\"",
        "model_file_sha256, model-file = \"/m.pt\"",
        "initial_model_sha256, initial-model = \"/m.pt\"",
        "trace_sha256, sampler = \"trace:trace=/t.csv\""
    })
    void shouldNameARunThatReadAReplacedFile(String name, String line) throws IOException {
        String setting = "lr = 0.1\n" + line + "\nseed = ";
        completed(1, setting + "1\n", ",\"" + name + "\":\"aa\"");
        completed(2, setting + "2\n", ",\"" + name + "\":\"bb\"");
        completed(3, setting + "3\n", ",\"" + name + "\":\"aa\"");

        Sweep sweep = sweep();

        assertThat(sweep.completed()).isEqualTo(2);
        assertThat(sweep.folders()).containsExactly(folder.resolve("seed=1"), folder.resolve("seed=3"));
        assertThat(new ResultFiles(sweep.table()).markdown())
                .contains("| 2 of 3 | 0.2000 ±")
                .contains("- seed=2: files changed between runs: " + name + "=bb, expected=aa, as of the run seed=1"
                        + REMEDY);
    }

    @Test
    void shouldLetRunsDifferThatReadFromOtherPlaces() throws IOException {
        completed(1, "data-file = \"/a.csv\"\nmodel-file = \"/m.pt\"\n", ",\"data_sha256\":\"aa\"");
        completed(2, "data-file = \"/b.csv\"\nmodel-file = \"/m.pt\"\n", ",\"data_sha256\":\"bb\"");
        completed(3, "data-file = \"/b.csv\"\npixels = \"unit\"\n", ",\"data_sha256\":\"cc\"");
        completed(4, "data-file = \"/a.csv\"\n", "");

        assertThat(sweep().completed()).isEqualTo(4);
    }
}
