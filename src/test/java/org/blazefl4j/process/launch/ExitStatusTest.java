package org.blazefl4j.process.launch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ExitStatusTest {

    @Test
    void shouldSuspectTheOutOfMemoryKillerUnlessThisProcessKilled() {
        assertThat(ExitStatus.describeKilled(137)).isEqualTo("137 (SIGKILL)");
        assertThat(ExitStatus.of(137, true, false))
                .isEqualTo("137 (SIGKILL? perhaps the kernel's out-of-memory killer)");
        assertThat(ExitStatus.of(137, true, true))
                .startsWith("137 (SIGKILL by the kernel's out-of-memory killer, limit=")
                .endsWith("; use fewer workers or smaller batches, or raise the limit)");
    }

    @Test
    void shouldSuspectSystemExitIfClientsMayHaveRun() {
        assertThat(ExitStatus.of(3, true, false)).isEqualTo("3 (perhaps client code called System.exit)");
        assertThat(ExitStatus.of(0, true, false)).isEqualTo("0 (perhaps client code called System.exit)");
        assertThat(ExitStatus.of(1, false, false)).isEqualTo("1");
    }

    @Test
    void shouldNameALostCudaContext() {
        assertThat(ExitStatus.of(78, true, false)).isEqualTo("78 (its CUDA context was lost)");
        assertThat(ExitStatus.of(78, false, false)).isEqualTo("78");
    }

    @Test
    void shouldNameSignals() {
        assertThat(ExitStatus.of(143, true, false)).isEqualTo("143 (SIGTERM?)");
        assertThat(ExitStatus.of(134, true, false)).isEqualTo("134 (SIGABRT? a crash of native code or of the JVM)");
        assertThat(ExitStatus.of(128 + 31, true, false)).isEqualTo("159 (signal 31?)");
    }
}
