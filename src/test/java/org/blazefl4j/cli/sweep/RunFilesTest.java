package org.blazefl4j.cli.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.blazefl4j.cli.options.Settings;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run counts as complete only if its files say so, for the same settings. */
final class RunFilesTest {

    private static final String EXPERIMENT = "lr = 0.1\nexecution-mode = \"multi-process\"\nseed = 1\n";
    private static final String ROUND = "{\"type\":\"round\",\"round\":1}\n";
    private static final String SUMMARY =
            "{\"type\":\"summary\",\"status\":\"completed\",\"rounds\":3,\"accuracy\":0.5,"
                    + "\"loss\":\"NaN\",\"sha\":\"00\",\"retries\":1,\"total_seconds\":9.0,\"seconds_per_round\":2.5,"
                    + "\"clients_per_second\":1.5,\"peak_memory_parent_bytes\":7}\n";

    @TempDir
    private Path sweep;

    private RunFiles files;

    @BeforeEach
    void prepare() throws IOException {
        files = RunFiles.of(sweep, new PlannedRun(Map.of(), 1, Settings.NONE), EXPERIMENT);
        files.prepare(EXPERIMENT);
        write("experiment.toml", EXPERIMENT.replace("multi-process\"", "single-threaded\"\nnum-parallels = 3"));
        write("metrics.jsonl", ROUND + SUMMARY);
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(sweep.resolve("seed=1").resolve(name), text);
    }

    @Test
    void shouldHaveTheFiguresOfACompletedRun() {
        assertThat(files.figures())
                .contains(Map.of("rounds", 3.0, "accuracy", 0.5, "loss", Double.NaN, "seconds_per_round", 2.5));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ROUND,
                SUMMARY + ROUND,
                "{\"type\":\"summary\",\"status\":\"stopped\",\"accuracy\":1}\n",
                "{\"type\":\"summary\",\"status\":\"completed\",\"accuracy\":1}",
                "{\"type\":\"summary\",\"status\":\"comp"
            })
    void shouldNotTakeAnInterruptedRunForComplete(String results) throws IOException {
        write("metrics.jsonl", results);

        assertThat(files.figures()).isEmpty();
    }

    @Test
    void shouldNotTakeARunWithOtherSettingsForComplete() throws IOException {
        write("experiment.toml", EXPERIMENT.replace("0.1", "0.2"));
        assertThat(files.figures()).isEmpty();
        Files.delete(sweep.resolve("seed=1/experiment.toml"));
        assertThat(files.figures()).isEmpty();
    }

    @Test
    void shouldNotContinueARunThatAnotherTargetEnded() throws IOException {
        assertThat(files.refusal()).isEmpty();
        write("experiment.toml", EXPERIMENT + "global-round = 9\n");
        assertThat(files.refusal()).isEmpty();
        write("experiment.toml", EXPERIMENT + "stop-at = \"accuracy=0.7\"\npatience = \"loss=3\"\n");
        assertThat(files.figures()).isEmpty();
        assertThat(files.refusal())
                .contains(
                        "stop options changed: found=none, expected=stop-at = \"accuracy=0.7\", patience = \"loss=3\","
                                + " as in " + sweep.resolve("seed=1/experiment.toml")
                                + "; start as before, delete the run's folder, or use a new --output");

        RunFiles other = RunFiles.of(
                sweep, new PlannedRun(Map.of(), 1, Settings.NONE), EXPERIMENT + "stop-at = \"accuracy=0.6\"\n");
        assertThat(other.refusal())
                .hasValueSatisfying(text -> assertThat(text)
                        .startsWith("stop options changed: found=stop-at = \"accuracy=0.6\", expected=stop-at = "));
        Files.delete(sweep.resolve("seed=1/experiment.toml"));
        assertThat(other.refusal()).isEmpty();
    }

    @Test
    void shouldSayWhyARunFailed() throws IOException {
        assertThat(files.failure(137)).isEqualTo("exit code 137");
        Files.writeString(
                files.errors(), "note: x\nblazefl4j run: no such folder: --data-dir=x\nAdd --verbose for ...\n");
        assertThat(files.failure(2)).isEqualTo("no such folder: --data-dir=x");
        Files.writeString(files.errors(), "# A fatal error\u001b[31m\n\n");
        assertThat(files.failure(134)).isEqualTo("exit code 134, # A fatal error\\u001b[31m");
        Files.writeString(files.errors(), "");
        assertThat(files.failure(137)).isEqualTo("exit code 137, nothing on standard error");
    }
}
