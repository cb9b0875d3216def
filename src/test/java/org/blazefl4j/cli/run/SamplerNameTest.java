package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.blazefl4j.checkpoint.Checkpoints;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.util.Sha256;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is recorded of who takes part. */
final class SamplerNameTest {

    @TempDir
    private Path folder;

    @Test
    void shouldRecordTheClientsOfARoundOnlyIfTheirNumberIsFixed() {
        assertThat(SmallRun.of(1, "--sample-ratio=0.5").resultMap()).containsEntry("clients_per_round", 5);
        assertThat(SmallRun.of(1, "--sampler=round-robin").resultMap()).containsEntry("clients_per_round", 10);
        assertThat(SmallRun.of(1, "--sampler=poisson:rate=0.2").resultMap()).doesNotContainKey("clients_per_round");
    }

    @Test
    void shouldNotResumeARunWithAnotherTrace() throws IOException {
        Path trace = Files.writeString(folder.resolve("trace.csv"), "0,1,9");
        RunOptions before = run(trace);
        assertThat(before.resultMap())
                .containsEntry("trace_sha256", Sha256.hex("0,1,9".getBytes(StandardCharsets.UTF_8)));
        Files.writeString(trace, "0,1,8");
        RunOptions after = run(trace);
        try (Checkpoints checkpoints =
                Checkpoints.in(folder.resolve("saved")).configuration(RunCheckpoints.configuration(before))) {
            checkpoints.save(1);
        }
        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> new RunCheckpoints(after))
                .withMessageStartingWith("configuration changed: ")
                .withMessageContaining("trace_sha256=" + after.toMap().get("trace_sha256"));
        Files.writeString(trace, "0,1,9");
        new RunCheckpoints(run(trace)).close();
    }

    private RunOptions run(Path trace) {
        return SmallRun.of(
                9, "--sampler=available:trace=" + trace, "--checkpoint-dir=" + folder.resolve("saved"), "--resume");
    }
}
