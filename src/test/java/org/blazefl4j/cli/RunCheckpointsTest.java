package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

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

    @Test
    void shouldNotTakeAnotherFoldersResultsForThoseOfARunThatHadNone() {
        save(0, "results");
        try (RunCheckpoints checkpoints = resume(9)) {
            assertThat(checkpoints.mayHaveResultsIn(null)).isTrue();
            assertThat(checkpoints.mayHaveResultsIn(folder.resolve("results"))).isTrue();
            assertThat(checkpoints.mayHaveResultsIn(folder.resolve("others"))).isFalse();
        }
    }

    @Test
    void shouldLetResultsHaveMovedThatCanBeCompared() {
        save(1, "results");
        try (RunCheckpoints checkpoints = resume(9)) {
            assertThat(checkpoints.mayHaveResultsIn(folder.resolve("moved"))).isTrue();
        }
    }

    @Test
    void shouldExpectNoResultsOfARunThatStarts() {
        try (RunCheckpoints checkpoints = resume(9)) {
            assertThat(checkpoints.mayHaveResultsIn(folder.resolve("results"))).isFalse();
        }
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
