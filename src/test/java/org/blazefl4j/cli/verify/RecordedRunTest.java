package org.blazefl4j.cli.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.blazefl4j.cli.options.UsageException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RecordedRunTest {

    private static final String ROUND = "{\"type\":\"round\",\"round\":1,\"accuracy\":0.5,\"sha256\":\"aa\"}\n";

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = folder.resolve("metrics.jsonl");
    }

    private void requireRefused(String refusal) {
        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> RecordedRun.read(file))
                .withMessage(refusal);
    }

    @Test
    void shouldReadAFolderAndAFile() throws IOException {
        Files.writeString(
                file,
                "{\"type\":\"configuration\",\"seed\":42}\n" + ROUND + "{\"type\":\"remark\",\"round\":9}\n"
                        + "{\"type\":\"resumed\",\"completed_rounds\":1,\"checkpoint\":\"x\",\"seed\":43}\n"
                        + "{\"type\":\"summary\",\"status\":\"completed\"}\n");

        RecordedRun run = RecordedRun.read(folder);
        assertThat(run).isEqualTo(RecordedRun.read(file));
        assertThat(run.configuration()).isEqualTo(Map.of("seed", 42));
        assertThat(run.rounds()).isEqualTo(List.of(Map.of("accuracy", 0.5, "sha256", "aa")));
        assertThat(run.resumptions()).containsExactly(new RecordedRun.Resumption(1, Map.of("seed", 43)));
    }

    @Test
    void shouldReadARunWithoutItsEarlierRounds() throws IOException {
        Files.writeString(
                file,
                "{\"type\":\"configuration\",\"seed\":42}\n{\"type\":\"resumed\",\"completed_rounds\":6,\"seed\":42}\n"
                        + ROUND.replace("\"round\":1", "\"round\":7"));

        RecordedRun run = RecordedRun.read(file);
        assertThat(run.range()).isEqualTo("7 to 7");
        assertThat(run.round(7)).containsEntry("sha256", "aa");
    }

    @Test
    void shouldRefuseAMissingFile() {
        requireRefused("no such run: file=" + file + ", expected=a result folder with metrics.jsonl, or that file");
    }

    @Test
    void shouldRefuseARunThatCompletedNoRound() throws IOException {
        Files.writeString(file, "{\"type\":\"configuration\",\"seed\":42}\n");

        requireRefused("nothing to compare: file=" + file + ", rounds=0, limit=1; choose a run that completed a round");
    }

    @Test
    void shouldRefuseATruncatedFile() throws IOException {
        Files.writeString(file, ROUND + "{\"type\":\"rou");

        requireRefused("result file is truncated: file=" + file
                + ", line=2, expected=complete lines; copy the original file again");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'type':'round'| expected=one JSON object a line",
                "[1]| expected=one JSON object a line",
                "null| expected=one JSON object a line",
                "``| expected=one JSON object a line",
                "{'round':2}| type=null, expected=configuration, round or summary",
                "{'type':'round','round':3,'sha256':'bb'}| round=3, expected=2",
                "{'type':'round','round':1,'sha256':'aa'}| round=1, expected=2",
                "{'type':'round','round':2}| sha256=null, expected=the hash of the global model",
            })
    void shouldNameADamagedLine(String line, String found) throws IOException {
        Files.writeString(file, ROUND + line.replace('\'', '"') + "\n");

        requireRefused("result file is damaged: file=" + file + ", line=2, " + found
                + "; choose a file written by 'blazefl4j run'");
    }

    @Test
    void shouldRefuseBytesThatAreNotText() throws IOException {
        Files.write(file, new byte[] {(byte) 0xff, '\n'});

        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> RecordedRun.read(file))
                .withMessageStartingWith("cannot read results: file=" + file + ", found=")
                .withMessageContaining("not text in the expected encoding");
    }

    @Test
    void shouldEscapeControlCharactersOfAHostileFile() throws IOException {
        Files.writeString(file, "{\"type\":\"round\",\"round\":\"\\u001b[31m\"}\n");
        requireRefused("result file is damaged: file=" + file
                + ", line=1, round=\\u001b[31m, expected=1; choose a file written by 'blazefl4j run'");
    }
}
