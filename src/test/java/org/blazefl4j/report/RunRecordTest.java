package org.blazefl4j.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunRecordTest {

    @TempDir
    private Path folder;

    private Path file() {
        return folder.resolve("metrics.jsonl");
    }

    @Test
    void shouldReadWhatResultFilesSay() throws IOException {
        RunRecord written = Runs.run("mine", 3, Runs.configuration(1, 0.1));
        Path run = Runs.write(written, folder.resolve("mine"));

        RunRecord read = RunRecord.read(run, false);
        assertThat(read).isEqualTo(written);
        assertThat(RunRecord.read(run.resolve("metrics.jsonl"), false)).isEqualTo(written);
    }

    @Test
    void shouldReadFiguresThatAreNotFinite() throws IOException {
        Files.writeString(file(), "{\"type\":\"round\",\"round\":1,\"loss\":\"Infinity\",\"accuracy\":\"NaN\"}\n");

        RunRecord run = RunRecord.read(folder, false);
        assertThat(run.column("loss")).containsExactly(Double.POSITIVE_INFINITY);
        assertThat(run.column("accuracy")).containsExactly(Double.NaN);
        assertThat(run.has("loss")).isFalse();
    }

    @Test
    void shouldLeaveOutTheLineThatAGrowingFileStillGets() throws IOException {
        Files.writeString(file(), "{\"type\":\"round\",\"round\":1}\n{\"type\":\"rou");

        assertThat(RunRecord.read(folder, true).rounds()).hasSize(1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RunRecord.read(folder, false))
                .withMessage("result file is truncated: file=" + file()
                        + ", line=2, expected=complete lines; copy the original file again");
    }

    @Test
    void shouldRefuseARoundWithoutItsNumber() throws IOException {
        Files.writeString(file(), "{\"type\":\"round\",\"round\":0}\n");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> RunRecord.read(folder, false))
                .withMessage("result file is damaged: file=" + file() + ", line=1, round=0, expected=a number from 1;"
                        + " choose a file written by 'blazefl4j run'");
    }
}
