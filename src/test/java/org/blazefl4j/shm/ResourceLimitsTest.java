package org.blazefl4j.shm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Slow
final class ResourceLimitsTest {

    @TempDir
    private Path folder;

    private Path proc;
    private Path groups;

    @BeforeEach
    void makeAHost() throws IOException {
        proc = folder.resolve("proc");
        groups = folder.resolve("cgroup");
        limits("unlimited", "unlimited", "unlimited");
        status("self", 1000, 20);
        status("100", 1000, 20);
        status("101", 1000, 5);
        status("102", 0, 500);
    }

    // ---- Refusals

    @Test
    void shouldAllowAnyNumberOfWorkersWithoutLimits() {
        assertThatNoException().isThrownBy(() -> host().requireWorkers(1000));
    }

    @Test
    void shouldRefuseMoreWorkersThanTheControlGroupAllowsThreads() throws IOException {
        pids(100, 40);

        assertThatNoException().isThrownBy(() -> host().requireWorkers(3));
        refuses(
                4,
                "too many worker processes: numParallels=4, needed=68 threads, limit=100 processes and threads of the"
                        + " control group (pids.max; containers: --pids-limit), 60 left; use fewer workers (each takes at"
                        + " least 17), or raise the limit");
    }

    @Test
    void shouldRefuseMoreWorkersThanTheUserMayHaveThreads() throws IOException {
        limits("unlimited", "76", "unlimited");

        assertThatNoException().isThrownBy(() -> host().requireWorkers(3));
        refuses(
                4,
                "too many worker processes: numParallels=4, needed=68 threads, limit=76 processes and threads of this"
                        + " user (ulimit -u), 51 left; use fewer workers (each takes at least 17), or raise"
                        + " the limit");
    }

    @Test
    void shouldNotApplyAUsersLimitToRoot() throws IOException {
        limits("unlimited", "76", "unlimited");
        status("self", 0, 20);

        assertThatNoException().isThrownBy(() -> host().requireWorkers(4));
    }

    @Test
    void shouldRefuseMoreWorkersThanDescriptorsAllow() throws IOException {
        limits("45", "unlimited", "unlimited");
        for (int fd = 0; fd < 30; fd++) {
            write(proc.resolve("self/fd/" + fd), "");
        }

        assertThatNoException().isThrownBy(() -> host().requireWorkers(3));
        refuses(
                4,
                "too many worker processes: numParallels=4, needed=46 open files, limit=45 open files of this process"
                        + " (ulimit -n); use fewer workers (each takes at least 2), or raise the limit");
    }

    @Test
    void shouldRefuseLibTorchIfItsThreadsCannotStart() throws IOException {
        pids(30, 25);

        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> host().requireLibTorch(2))
                .withMessage(
                        "too few threads for LibTorch: needed=8, limit=30 processes and threads of the control group"
                                + " (pids.max; containers: --pids-limit), 5 left; raise the limit, or end other processes");
    }

    // ---- Messages after failures

    @Test
    void shouldNameTheLimitBehindAnErrorOfTheSystem() throws IOException {
        limits("45", "76", "9000000000");

        assertThat(host().describe(new IOException("Cannot run program \"/bin/java\": error=24, Too many open files")))
                .isEqualTo(
                        "found=Cannot run program \"/bin/java\": error=24, Too many open files, limit=45 open files of"
                                + " this process (ulimit -n); raise the limit, or use fewer workers (each takes at least 2)");
        assertThat(host().describe(new IOException("posix_spawn failed, error: 11 (Resource temporarily unavailable) \n"
                        + "Possible reasons:\n  - Spawn helper ran into JDK version mismatch\n")))
                .isEqualTo(
                        "found=posix_spawn failed, error: 11 (Resource temporarily unavailable), limit=76 processes and"
                                + " threads of this user (ulimit -u), 51 left; raise the limit, or use fewer workers (each"
                                + " takes at least 17)");
        assertThat(host().describe(new OutOfMemoryError("unable to create native thread: possibly out of memory")))
                .startsWith("found=no thread can be started, limit=76 processes and threads of this user (ulimit -u)");
        assertThat(host().describe(new IOException("error=2, No such file or directory")))
                .isEqualTo("found=error=2, No such file or directory");
        assertThat(host().met(List.of("Could not reserve enough space for object heap")))
                .hasValue(", limit=9000000000 bytes of address space of this process (ulimit -v); raise the limit");
    }

    /** Opens segments until the limit refuses one. */
    static final class Program {

        private Program() {}

        public static void main(String[] args) {
            Errno.failed("load what is needed", -Errno.EMFILE, "", ""); // loading it needs descriptors
            List<Segment> segments = new ArrayList<>();
            try {
                while (segments.size() < 1000) {
                    segments.add(Segment.create(1));
                }
            } catch (IllegalStateException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    @Test
    void shouldNameTheLimitOfDescriptorsIfASegmentGetsNone() throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process child = new ProcessBuilder(
                        "sh",
                        "-c",
                        "ulimit -n 100 && exec \"$@\"",
                        "sh",
                        java,
                        "-classpath",
                        System.getProperty("java.class.path"),
                        Program.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(child.getInputStream().readAllBytes());

        assertThat(child.waitFor()).as(output).isZero();
        assertThat(output)
                .isEqualToNormalizingNewlines("cannot reserve a segment: bytes=4096, errno=24 (Too many open files),"
                        + " limit=100 open files of this process (ulimit -n); raise the limit, or use fewer workers"
                        + " (each takes at least 2)\n");
    }

    // ---- Helpers

    private ResourceLimits host() {
        return new ResourceLimits(proc, groups);
    }

    private void refuses(int workers, String message) {
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> host().requireWorkers(workers))
                .withMessage(message);
    }

    private void limits(String files, String processes, String space) throws IOException {
        write(
                proc.resolve("self/limits"),
                "Limit                     Soft Limit           Hard Limit           Units     \n"
                        + "Max processes             " + processes + "                96365                processes \n"
                        + "Max open files            " + files + "                20000                files     \n"
                        + "Max address space         " + space + "            unlimited            bytes     \n");
    }

    private void status(String pid, int user, int threads) throws IOException {
        write(
                proc.resolve(pid).resolve("status"),
                "Name:\tjava\nUid:\t" + user + "\t" + user + "\t0\t0\nThreads:\t" + threads + "\n");
    }

    private void pids(int limit, int used) throws IOException {
        write(proc.resolve("self/cgroup"), "8:pids:/job\n0::/\n");
        write(groups.resolve("pids/job/pids.max"), limit + "\n");
        write(groups.resolve("pids/job/pids.current"), used + "\n");
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
