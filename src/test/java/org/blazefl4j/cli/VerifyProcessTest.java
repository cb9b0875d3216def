package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs {@code blazefl4j verify} on the results of {@code blazefl4j run}, both in separate processes. */
@Slow
final class VerifyProcessTest {

    @TempDir
    private Path folder;

    /** Runs two small rounds that write results to the named folder. */
    private CliProcess run(String name, String... more) throws IOException {
        List<String> args = new ArrayList<>(List.of("run", "--sample-ratio", "0.03", "--epochs", "1"));
        args.addAll(List.of("--global-round", "2", "--output", "../" + name));
        args.addAll(List.of(more));
        return CliProcess.start(Files.createDirectory(folder.resolve("of-" + name)), args.toArray(String[]::new));
    }

    private CliProcess verify(String first, String second) throws IOException {
        return CliProcess.start(folder, "verify", first, second);
    }

    private static void requireSuccess(CliProcess cli) throws Exception {
        assertThat(cli.exitCode()).as(cli.err()).isZero();
    }

    @Test
    void shouldTellIdenticalRunsFromOthers() throws Exception {
        try (CliProcess workers = run("workers", "--num-parallels", "2");
                CliProcess serial = run("serial", "--execution-mode", "single-threaded");
                CliProcess other = run("other", "--execution-mode", "multi-threaded", "--lr", "0.05")) {
            requireSuccess(workers);
            requireSuccess(serial);
            requireSuccess(other);
        }

        try (CliProcess cli = verify("workers", "serial/metrics.jsonl")) {
            requireSuccess(cli);
            assertThat(cli.out().lines())
                    .startsWith("identical: rounds=2", "conditions that differ and never change results")
                    .contains(
                            "  num_parallels      2 against 1",
                            "  execution_mode     multi-process against single-threaded")
                    .noneMatch(line -> line.contains("may change results"));
            assertThat(cli.err()).isEmpty();
        }
        try (CliProcess cli = verify("serial", "other")) {
            assertThat(cli.exitCode()).isEqualTo(ExitCode.FAILED);
            assertThat(cli.out())
                    .startsWith("different: round=1, identical before=0\n")
                    .containsPattern("  sha256 +[0-9a-f]{64} against [0-9a-f]{64}\n")
                    .contains("conditions that differ and may change results\n  lr                 0.1 against 0.05\n");
        }
    }

    @Test
    void shouldRefuseAFolderWithoutARunInOneLine() throws Exception {
        try (CliProcess cli = verify("nowhere", "else")) {
            assertThat(cli.exitCode()).isEqualTo(ExitCode.USAGE);
            assertThat(cli.out()).isEmpty();
            assertThat(cli.err())
                    .isEqualTo("blazefl4j verify: no such run: file=nowhere, expected=a result folder with"
                            + " metrics.jsonl, or that file\n");
        }
    }
}
