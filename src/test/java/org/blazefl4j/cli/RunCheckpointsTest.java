package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.blazefl4j.checkpoint.Checkpoints;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunCheckpointsTest {

    @TempDir
    private Path folder;

    private Path saved() {
        return folder.resolve("saved");
    }

    /** A run of nine rounds, saved after one of them, with its results in a folder of this name. */
    private void save(int round, String output) {
        Map<String, Object> configuration = SmallRun.of(new FedAvg(), 9).toMap();
        configuration.put("output", folder.resolve(output));
        try (Checkpoints checkpoints = Checkpoints.in(saved()).configuration(configuration)) {
            checkpoints.save(round);
        }
    }

    private RunCheckpoints resume(int rounds) {
        return new RunCheckpoints(new CheckpointSettings(saved(), 1, 3, true), SmallRun.of(new FedAvg(), rounds));
    }

    private Path withResults(String name) throws IOException {
        Path results = Files.createDirectories(folder.resolve(name));
        Files.createFile(results.resolve(Run.CSV));
        return results;
    }

    @Test
    void shouldNotTakeAnotherFoldersResultsForThoseOfARunThatHadNone() throws IOException {
        save(0, "results");
        try (RunCheckpoints checkpoints = resume(9)) {
            assertThat(checkpoints.results(null)).contains(folder.resolve("results"));
            assertThat(checkpoints.results(folder.resolve("results"))).contains(folder.resolve("results"));
            assertThat(checkpoints.results(withResults("others"))).isEmpty();
        }
    }

    @Test
    void shouldLetResultsHaveMovedThatCanBeCompared() throws IOException {
        save(1, "results");
        try (RunCheckpoints checkpoints = resume(9)) {
            assertThat(checkpoints.results(withResults("moved"))).contains(folder.resolve("moved"));
            assertThat(checkpoints.results(folder.resolve("new"))).isEmpty();
        }
    }

    @Test
    void shouldSayHowToGoOnWithoutTheResultsOfTheRoundsBefore() {
        save(3, "results");
        try (RunCheckpoints checkpoints = resume(9)) {
            assertThatExceptionOfType(UsageException.class)
                    .isThrownBy(() -> checkpoints.results(null))
                    .withMessage("results are missing: folder=" + folder.resolve("results")
                            + ", expected=metrics.csv and metrics.jsonl; put them back, name the folder that they are"
                            + " in by --output, or a new one for files that begin with round 4");
        }
    }

    @Test
    void shouldExpectNoResultsOfARunThatStarts() {
        try (RunCheckpoints checkpoints = resume(9)) {
            assertThat(checkpoints.results(folder.resolve("results"))).isEmpty();
        }
    }

    @Test
    void shouldKnowItsOwnFilesInAFolderOfResults() throws IOException {
        Files.createSymbolicLink(folder.resolve("link"), folder);
        try (RunCheckpoints checkpoints = resume(9)) {
            assertThat(checkpoints.isTheirs(saved())).isTrue();
            assertThat(checkpoints.isTheirs(folder.resolve("link/saved"))).isTrue();
            assertThat(checkpoints.isTheirs(saved().resolve("lock"))).isTrue();
            assertThat(checkpoints.isTheirs(folder.resolve("results"))).isFalse();
            assertThat(checkpoints.isTheirs(saved().resolve("notes"))).isFalse();
        }
        assertThat(saved()).doesNotExist();
    }

    @Test
    void shouldRefuseFewerRoundsThanAreSaved() {
        save(5, "results");
        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> resume(4))
                .withMessage("more rounds are saved: --global-round=4, file="
                        + saved().resolve("round-000005.checkpoint")
                        + ", limit=5 or more; ask for as many, or start again in another folder");
        resume(5).close();
    }
}
