package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs {@code blazefl4j doctor}, which examines its own process. */
@Slow
final class DoctorProcessTest {

    @TempDir
    private Path folder;

    @Test
    void shouldFindNoProblemInATunedProcess() throws Exception {
        try (CliProcess cli = CliProcess.start(folder, "doctor")) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();

            assertThat(cli.out())
                    .containsPattern("BlazeFL4J +\\d")
                    .containsPattern("Java +" + Runtime.version().feature())
                    .containsPattern("LibTorch +2\\.")
                    .containsPattern("JavaCPP +1\\.")
                    .containsPattern("BLAS +OpenBLAS")
                    .containsPattern("oneDNN +\\S")
                    .containsPattern("cores +" + Runtime.getRuntime().availableProcessors())
                    .containsPattern("features +\\w")
                    .containsPattern("LibTorch's kernels +\\w")
                    .containsPattern("intra-op threads +1 in training")
                    .containsPattern("CUDA devices +(\\d+|none: .+)")
                    .containsPattern("malloc +blocks up to 32 MiB from its heap; kept 4 of 4")
                    .containsPattern("JavaCPP's check +off")
                    .containsPattern("/dev/shm +\\d")
                    .containsPattern("control group +\\S")
                    .containsPattern("class archive +none: the class path contains a folder: .*classes")
                    .contains("findings")
                    .doesNotContain("LibTorch.tune()");
        }
    }

    @Test
    void shouldNameUntunedSettingsAndTheirFlags() throws Exception {
        try (CliProcess cli = CliProcess.start(folder, "doctor", "--untuned")) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();

            assertThat(cli.out())
                    .containsPattern("JavaCPP's check +at every allocation")
                    .contains("fix: -Dorg.bytedeco.javacpp.maxPhysicalBytes=0, or call LibTorch.tune()");
        }
    }
}
