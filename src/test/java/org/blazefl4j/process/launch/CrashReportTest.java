package org.blazefl4j.process.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CrashReportTest {

    @TempDir
    private Path folder;

    @Test
    void shouldDescribeTheCrashAndItsPlaceInOneLine() throws IOException {
        Path report = Files.writeString(
                CrashReport.file(folder, 2, 77),
                "#\n# A fatal error has been detected by the Java Runtime Environment:\n#\n"
                        + "#  SIGSEGV (0xb) at pc=0x00007f, pid=77, tid=79\n#\n"
                        + "# JRE version: OpenJDK Runtime Environment (17.0.15+6)\n# Java VM: OpenJDK 64-Bit\n"
                        + "# Problematic frame:\n# C  [libc.so.6+0x85f05]\n#\n");

        assertThat(report).hasFileName("blazefl4j-crash-2-77.log");
        assertThat(CrashReport.describe(report))
                .isEqualTo("SIGSEGV (0xb) at pc=0x00007f, pid=77, tid=79, in C  [libc.so.6+0x85f05]");
    }

    @Test
    void shouldSayThatMemoryRanOut() throws IOException {
        Path report = Files.writeString(
                folder.resolve("report"),
                "#\n# There is insufficient memory for the Java Runtime Environment to continue.\n"
                        + "# Native memory allocation (mmap) failed to map 65536 bytes for committing memory.\n"
                        + "# Possible reasons:\n#   The system is out of physical RAM\n# JRE version: 17\n");

        assertThat(CrashReport.describe(report))
                .isEqualTo("There is insufficient memory for the Java Runtime Environment to continue., Native memory"
                        + " allocation (mmap) failed to map 65536 bytes for committing memory.");
    }

    @Test
    void shouldEscapeThePathForTheJvm() {
        assertThat(CrashReport.argument(Path.of("/100% sure"), 1))
                .isEqualTo("-XX:ErrorFile=/100%% sure/blazefl4j-crash-1-%p.log");
    }

    /** Opening a folder succeeds, but reading it fails. */
    @Test
    void shouldSayThatItCannotBeRead() {
        assertThat(CrashReport.describe(folder)).isEqualTo("cannot be read: is a folder");
    }
}
