package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.blazefl4j.binding.Build;
import org.blazefl4j.checkpoint.Checkpoints;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.cli.run.FailureOptions.OnClientFailure;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.model.Engine;
import org.blazefl4j.step.EngineChoice;
import org.blazefl4j.torch.NumericEnvironment;
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

    /** Saves a run of nine rounds after the given one, with its results in the named folder. */
    private void save(int round, String output) {
        save(round, output, Map.of());
    }

    private void save(int round, String output, Map<String, String> more) {
        Map<String, Object> configuration = RunCheckpoints.configuration(resuming(9));
        configuration.putAll(more);
        configuration.put("output", folder.resolve(output));
        try (Checkpoints checkpoints = Checkpoints.in(saved()).configuration(configuration)) {
            checkpoints.save(round);
        }
    }

    private RunOptions resuming(int rounds, String... more) {
        return SmallRun.of(
                rounds,
                Stream.concat(Stream.of("--checkpoint-dir=" + saved(), "--resume"), Stream.of(more))
                        .toArray(String[]::new));
    }

    private RunOptions resuming(NonFinitePolicy nonFinite, OnClientFailure last) {
        return resuming(9, "--on-non-finite=" + nonFinite, "--on-client-failure=" + last);
    }

    private void save(RunOptions options) {
        try (Checkpoints checkpoints = Checkpoints.in(saved()).configuration(RunCheckpoints.configuration(options))) {
            checkpoints.save(1);
        }
    }

    private RunCheckpoints resume(NonFinitePolicy nonFinite, OnClientFailure last) {
        return new RunCheckpoints(resuming(nonFinite, last));
    }

    @ParameterizedTest
    @EnumSource(names = {"WARN", "DROP"})
    void shouldRefuseToChangeDroppingOfDivergedClientsWhenResuming(NonFinitePolicy before) {
        NonFinitePolicy after = before == NonFinitePolicy.WARN ? NonFinitePolicy.DROP : NonFinitePolicy.WARN;
        save(resuming(before, OnClientFailure.FAIL));
        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> resume(after, OnClientFailure.FAIL))
                .withMessage("configuration changed: file=" + saved().resolve("round-000001.checkpoint")
                        + ", --on-non-finite=" + after + ", expected=" + before
                        + ", as saved; start as before, or with another checkpoint folder");
        resume(before, OnClientFailure.FAIL).close();
    }

    @Test
    void shouldContinueIfNoDivergedClientCouldMatter() {
        save(resuming(NonFinitePolicy.FAIL, OnClientFailure.FAIL));
        for (NonFinitePolicy after : NonFinitePolicy.values()) {
            resume(after, OnClientFailure.DROP).close();
        }
    }

    @Test
    void shouldTreatARetryThatEndsInADropAsADrop() {
        save(resuming(NonFinitePolicy.RETRY, OnClientFailure.DROP));
        resume(NonFinitePolicy.DROP, OnClientFailure.FAIL).close();
        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> resume(NonFinitePolicy.RETRY, OnClientFailure.FAIL));
    }

    @Test
    void shouldContinueFromACheckpointOfAVersionWithoutThePolicy() {
        RunOptions old = SmallRun.of(9, "--checkpoint-dir=" + folder.resolve("old"), "--resume");
        Map<String, Object> configuration = RunCheckpoints.configuration(old);
        configuration.remove("on_non_finite");
        try (Checkpoints checkpoints = Checkpoints.in(folder.resolve("old")).configuration(configuration)) {
            checkpoints.save(1);
        }
        new RunCheckpoints(old).close();
    }

    private RunCheckpoints resume(int rounds) {
        return new RunCheckpoints(resuming(rounds));
    }

    private Path withResults(String name) throws IOException {
        Path results = Files.createDirectories(folder.resolve(name));
        Files.createFile(results.resolve(Run.CSV));
        return results;
    }

    @Test
    void shouldNotUseAnotherFoldersResultsForARunWithoutResults() throws IOException {
        save(0, "results");
        try (RunCheckpoints checkpoints = resume(9)) {
            assertThat(checkpoints.results(null)).contains(folder.resolve("results"));
            assertThat(checkpoints.results(folder.resolve("results"))).contains(folder.resolve("results"));
            assertThat(checkpoints.results(withResults("others"))).isEmpty();
        }
    }

    @Test
    void shouldAcceptMovedResultsThatMatch() throws IOException {
        save(1, "results");
        try (RunCheckpoints checkpoints = resume(9)) {
            assertThat(checkpoints.results(withResults("moved"))).contains(folder.resolve("moved"));
            assertThat(checkpoints.results(folder.resolve("new"))).isEmpty();
        }
    }

    @Test
    void shouldSayHowToContinueWithoutEarlierResults() {
        save(3, "results");
        try (RunCheckpoints checkpoints = resume(9)) {
            assertThatExceptionOfType(UsageException.class)
                    .isThrownBy(() -> checkpoints.results(null))
                    .withMessage("results are missing: folder=" + folder.resolve("results")
                            + ", expected=metrics.csv and metrics.jsonl; put them back, give their folder by --output,"
                            + " or a new one for files that begin with round 4");
        }
    }

    @Test
    void shouldExpectNoResultsAtAFirstStart() {
        try (RunCheckpoints checkpoints = resume(9)) {
            assertThat(checkpoints.results(folder.resolve("results"))).isEmpty();
        }
    }

    @Test
    void shouldRecogniseItsFilesInAFolderOfResults() throws IOException {
        Files.createSymbolicLink(folder.resolve("link"), folder);
        try (RunCheckpoints checkpoints = resume(9)) {
            assertThat(checkpoints.owns(saved())).isTrue();
            assertThat(checkpoints.owns(folder.resolve("link/saved"))).isTrue();
            assertThat(checkpoints.owns(saved().resolve("lock"))).isTrue();
            assertThat(checkpoints.owns(folder.resolve("results"))).isFalse();
            assertThat(checkpoints.owns(saved().resolve("notes"))).isFalse();
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
                        + ", limit=5 or more; raise --global-round, or start again in another folder");
        resume(5).close();
    }

    @Test
    void shouldRefuseOtherDataThanTheCheckpoints() {
        save(1, "results", Map.of("data_sha256", "abc"));
        try (RunCheckpoints checkpoints = resume(9);
                ImageData images = ImageData.fashionMnist()) {
            assertThat(checkpoints.isDataUnknown()).isFalse();
            assertThatExceptionOfType(UsageException.class)
                    .isThrownBy(() -> checkpoints.requireSame(images))
                    .withMessage("data changed: --dataset=fashion-mnist, sha256=" + images.sha256()
                            + ", expected=abc, as saved in " + saved().resolve("round-000001.checkpoint")
                            + "; restore the files that the run started with, or start again with another"
                            + " --checkpoint-dir");
        }
    }

    private static RunEngines engines(Engine engine) {
        return new RunEngines(Map.of("cnn", new EngineChoice(engine, "")));
    }

    private void requireRefused(RunEngines engines, String refusal, String... options) {
        try (RunCheckpoints checkpoints = new RunCheckpoints(resuming(9, options))) {
            assertThatExceptionOfType(UsageException.class)
                    .isThrownBy(() -> checkpoints.requireSame(engines))
                    .withMessage(refusal);
        }
    }

    @Test
    void shouldRefuseAnotherEngineThanTheCheckpoints() {
        RunOptions begun = SmallRun.of(9, "--checkpoint-dir=" + saved());
        try (RunCheckpoints checkpoints = new RunCheckpoints(begun)) {
            checkpoints.requireSame(engines(Engine.NATIVE));
            checkpoints.begin(folder.resolve("results"), NumericEnvironment.capture());
        }
        requireRefused(
                engines(Engine.LIBTORCH),
                "engine changed: --engine=libtorch, found=libtorch, expected=native, as saved in "
                        + saved().resolve("round-000000.checkpoint")
                        + "; resume with --engine native, or start again with another --checkpoint-dir",
                "--engine=libtorch");
        try (RunCheckpoints checkpoints = new RunCheckpoints(resuming(9, "--engine=native"))) {
            checkpoints.requireSame(engines(Engine.NATIVE));
        }
    }

    @Test
    void shouldContinueARunOfBeforeThereWereEnginesByLibTorchOnly() {
        RunOptions old = SmallRun.of(9);
        Map<String, Object> configuration = RunCheckpoints.configuration(old);
        configuration.remove("engine");
        try (Checkpoints checkpoints = Checkpoints.in(saved()).configuration(configuration)) {
            checkpoints.save(1);
        }
        requireRefused(
                engines(Engine.NATIVE),
                "engine changed: --engine=auto, found=native, expected=libtorch, as before there was a choice, saved in "
                        + saved().resolve("round-000001.checkpoint")
                        + "; resume with --engine libtorch, or start again with another --checkpoint-dir");
        try (RunCheckpoints checkpoints = new RunCheckpoints(resuming(9, "--engine=libtorch"))) {
            checkpoints.requireSame(engines(Engine.LIBTORCH));
        }
    }

    @Test
    void shouldNameTheReleaseThatChoseOtherEnginesForSomeModels() {
        save(1, "results", Map.of("engine_used", "cnn native, mlp libtorch"));
        requireRefused(
                engines(Engine.NATIVE),
                "engine changed: --engine=auto, found=native, expected=cnn native, mlp libtorch, as saved in "
                        + saved().resolve("round-000001.checkpoint") + "; resume with --engine auto and BlazeFL4J "
                        + Build.VERSION + ", or start again with another --checkpoint-dir");
    }

    @Test
    void shouldContinueARunThatDidNotRecordItsData() {
        save(1, "results");
        try (RunCheckpoints checkpoints = resume(9);
                ImageData images = ImageData.fashionMnist()) {
            checkpoints.requireSame(images);
            assertThat(checkpoints.isDataUnknown()).isTrue();
        }
    }
}
