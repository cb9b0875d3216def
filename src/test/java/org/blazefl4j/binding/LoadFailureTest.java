package org.blazefl4j.binding;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.blazefl4j.binding.LoadFailure.Conditions;
import org.junit.jupiter.api.Test;

final class LoadFailureTest {

    private static final Path FOLDER = Path.of("/cache");
    private static final Conditions FREE = new Conditions("unlimited", false);
    private static final String NOT_MAPPED = "/cache/libc10.so: failed to map segment from shared object";

    @Test
    void shouldReportAFileSystemMountedNoexec() {
        assertThat(LoadFailure.text(NOT_MAPPED, FOLDER, true, FREE))
                .isEqualTo("native libraries cannot be unpacked: folder=/cache, found=a file system mounted noexec,"
                        + " expected=one that allows writing and execution; name another by"
                        + " -Dorg.bytedeco.javacpp.cachedir=<folder>");
    }

    @Test
    void shouldReportALimitOfTheAddressSpace() {
        assertThat(LoadFailure.text(NOT_MAPPED, FOLDER, false, new Conditions("4096000000", false)))
                .isEqualTo("native libraries do not fit into the address space: limit=4096000000 bytes (ulimit -v),"
                        + " found=" + NOT_MAPPED + "; raise it, preferably to unlimited (another folder,"
                        + " -Dorg.bytedeco.javacpp.cachedir=<folder>, does not help)");
    }

    @Test
    void shouldReportAnotherCLibrary() {
        assertThat(LoadFailure.text("ld-linux-x86-64.so.2: No such file", FOLDER, false, new Conditions("1", true)))
                .isEqualTo("native libraries need another C library: found=musl, expected=glibc; use an image with"
                        + " glibc, such as Debian's or Ubuntu's (another folder,"
                        + " -Dorg.bytedeco.javacpp.cachedir=<folder>, does not help)");
    }

    @Test
    void shouldReportAFullFileSystem() {
        assertThat(LoadFailure.noSpace(FOLDER, 446L << 20, 12L << 20, new IOException("No space left on device")))
                .hasMessage(
                        "native libraries do not fit: folder=/cache, needed=446 MiB, limit=12 MiB free; free some space,"
                                + " or name a folder elsewhere by -Dorg.bytedeco.javacpp.cachedir=<folder>")
                .hasRootCauseMessage("No space left on device");
    }

    /** JavaCPP throws the failure of its last attempt, with the linker's as a cause. */
    @Test
    void shouldQuoteTheLinkerOnOtherFailures() {
        UnsatisfiedLinkError error = new UnsatisfiedLinkError("no c10 in java.library.path: /lib");
        error.initCause(new UnsatisfiedLinkError("/cache/libc10.so: invalid ELF header"));
        assertThat(LoadFailure.of(error, FOLDER))
                .hasMessage("native libraries do not load: folder=/cache, found=/cache/libc10.so: invalid ELF header;"
                        + " delete the folder, so that they are unpacked again, or name another by"
                        + " -Dorg.bytedeco.javacpp.cachedir=<folder>")
                .hasCause(error);
    }

    @Test
    void shouldReadTheLimitsOfThisProcess() {
        assertThat(Conditions.read().isMusl()).isFalse();
        assertThat(Conditions.read().addressSpace()).matches("unlimited|\\d+");
    }
}
