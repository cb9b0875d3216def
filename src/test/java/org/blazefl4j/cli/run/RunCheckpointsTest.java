package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.blazefl4j.checkpoint.Checkpoints;
import org.blazefl4j.cli.SmallRun;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.data.FashionMnist;
import org.blazefl4j.data.ImageData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class RunCheckpointsTest {

    @TempDir
    private Path folder;

    private Path saved() {
        return folder.resolve("saved");
    }

    /** A run of nine rounds, saved after one of them, with its results in a folder of this name. */
    private void save(int round, String output) {
        save(round, output, Map.of());
    }

    private void save(int round, String output, Map<String, String> more) {
        Map<String, Object> configuration = RunCheckpoints.configuration(SmallRun.of(new FedAvg(), 9));
        configuration.putAll(more);
        configuration.put("output", folder.resolve(output));
        try (Checkpoints checkpoints = Checkpoints.in(saved()).configuration(configuration)) {
            checkpoints.save(round);
        }
    }

    private static RunSettings settings(NonFinitePolicy nonFinite, OnClientFailure last) {
        return SmallRun.of(new FailureSettings(0, last, nonFinite, null), 9);
    }

    private void save(RunSettings settings) {
        try (Checkpoints checkpoints = Checkpoints.in(saved()).configuration(RunCheckpoints.configuration(settings))) {
            checkpoints.save(1);
        }
    }

    private RunCheckpoints resume(RunSettings settings) {
        return new RunCheckpoints(new CheckpointSettings(saved(), 1, 3, true), settings);
    }

    @ParameterizedTest
    @EnumSource(names = {"WARN", "DROP"})
    void shouldRefuseToDropDivergedClientsFromSomeRoundOnOrUpToOne(NonFinitePolicy before) {
        NonFinitePolicy after = before == NonFinitePolicy.WARN ? NonFinitePolicy.DROP : NonFinitePolicy.WARN;
        save(settings(before, OnClientFailure.FAIL));
        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> resume(settings(after, OnClientFailure.FAIL)))
                .withMessage("configuration changed: file=" + saved().resolve("round-000001.checkpoint")
                        + ", --on-non-finite=" + after + ", expected=" + before
                        + ", as it was saved; start as before, or with another checkpoint folder");
        resume(settings(before, OnClientFailure.FAIL)).close();
    }

    @Test
    void shouldGoOnWhereNoDivergedClientCanHaveMadeADifference() {
        save(settings(NonFinitePolicy.FAIL, OnClientFailure.FAIL));
        for (NonFinitePolicy after : NonFinitePolicy.values()) {
            resume(settings(after, OnClientFailure.DROP)).close();
        }
    }

    @Test
    void shouldTakeARetryThatEndsInADropForADrop() {
        save(settings(NonFinitePolicy.RETRY, OnClientFailure.DROP));
        resume(settings(NonFinitePolicy.DROP, OnClientFailure.FAIL)).close();
        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> resume(settings(NonFinitePolicy.RETRY, OnClientFailure.FAIL)));
    }

    @Test
    void shouldGoOnFromWhatAVersionWithoutThePolicyHasSaved() {
        RunSettings old = SmallRun.of(new FedAvg(), 9);
        Map<String, Object> configuration = RunCheckpoints.configuration(old);
        configuration.remove("on_non_finite");
        try (Checkpoints checkpoints = Checkpoints.in(folder.resolve("old")).configuration(configuration)) {
            checkpoints.save(1);
        }
        new RunCheckpoints(new CheckpointSettings(folder.resolve("old"), 1, 3, true), old).close();
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

    @Test
    void shouldRefuseOtherDataThanTheRunWasSavedWith() {
        save(1, "results", Map.of("data_sha256", "abc"));
        try (RunCheckpoints checkpoints = resume(9);
                ImageData images = FashionMnist.embedded()) {
            assertThat(checkpoints.isDataUnknown()).isFalse();
            assertThatExceptionOfType(UsageException.class)
                    .isThrownBy(() -> checkpoints.requireSame(images))
                    .withMessage("data changed: --dataset=fashion-mnist, sha256=" + images.sha256()
                            + ", expected=abc, with which " + saved().resolve("round-000001.checkpoint")
                            + " was saved; put the files back that the run began with, or start again with another"
                            + " --checkpoint-dir");
        }
    }

    @Test
    void shouldGoOnWithARunThatDidNotRecordItsData() {
        save(1, "results");
        try (RunCheckpoints checkpoints = resume(9);
                ImageData images = FashionMnist.embedded()) {
            checkpoints.requireSame(images);
            assertThat(checkpoints.isDataUnknown()).isTrue();
        }
    }
}
