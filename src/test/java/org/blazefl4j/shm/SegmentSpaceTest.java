package org.blazefl4j.shm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.MessageFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.blazefl4j.util.SmallDisk;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentSpaceTest {

    private static final long MIB = 1L << 20;

    @TempDir
    Path temporary;

    private Path proc;
    private Path groups;
    private final List<String> warnings = new CopyOnWriteArrayList<>();
    private final Logger logger = Logger.getLogger(SegmentSpace.class.getName());
    private final Handler listener = new Handler() {
        @Override
        public void publish(LogRecord line) {
            warnings.add(line.getLevel() + " " + MessageFormat.format(line.getMessage(), line.getParameters()));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void makeAHost() throws IOException {
        proc = temporary.resolve("proc");
        groups = temporary.resolve("cgroup");
        write(proc.resolve("meminfo"), "MemTotal: 4096 kB\nMemFree: 100 kB\nMemAvailable:    2048 kB\n");
        logger.addHandler(listener);
        logger.setUseParentHandlers(false);
    }

    @AfterEach
    void stopListening() {
        logger.removeHandler(listener);
        logger.setUseParentHandlers(true);
    }

    // ---- Free memory

    @Test
    void shouldUseTheKernelsAvailableMemoryWithoutOtherLimits() {
        SegmentSpace space = host(temporary);
        assertThat(space.memoryFree()).isEqualTo(2 * MIB);
        assertThat(space.memoryLimit()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void shouldUseTheTightestLevelOfAControlGroup() throws IOException {
        write(proc.resolve("self/cgroup"), "0::/outer/inner\n");
        writeGroup(groups.resolve("outer/inner"), "max", 100_000, 0);
        writeGroup(groups.resolve("outer"), "1000000", 400_000, 0);
        SegmentSpace space = host(temporary);
        assertThat(space.memoryFree()).isEqualTo(600_000);
        assertThat(space.memoryLimit()).isEqualTo(1_000_000);
    }

    @Test
    void shouldCountFilePagesThatCanBeDroppedAsFree() throws IOException {
        write(proc.resolve("self/cgroup"), "0::/\n");
        writeGroup(groups, "1000000", 900_000, 250_000);
        assertThat(host(temporary).memoryFree()).isEqualTo(350_000);
    }

    @Test
    void shouldFindTheContainersLimitIfItsPathIsNotVisible() throws IOException {
        write(proc.resolve("self/cgroup"), "0::/docker/abc/../def\n");
        writeGroup(groups, "1000000", 900_000, 0);
        assertThat(host(temporary).memoryFree()).isEqualTo(100_000);
    }

    @Test
    void shouldReadControlGroupsVersionOne() throws IOException {
        write(proc.resolve("self/cgroup"), "4:cpu,memory:/job\n1:cpuset:/\n0::/\n");
        Path job = groups.resolve("memory/job");
        write(job.resolve("memory.limit_in_bytes"), "1000000\n");
        write(job.resolve("memory.usage_in_bytes"), "900000\n");
        write(job.resolve("memory.stat"), "inactive_file 1\ntotal_inactive_file 50000\n");
        write(groups.resolve("memory/memory.limit_in_bytes"), "9223372036854771712\n");
        write(groups.resolve("memory/memory.usage_in_bytes"), "5000000\n");
        SegmentSpace space = host(temporary);
        assertThat(space.memoryFree()).isEqualTo(150_000);
        assertThat(space.memoryLimit()).isEqualTo(1_000_000);
    }

    @Test
    void shouldReportZeroIfMoreIsUsedThanAllowed() throws IOException {
        write(proc.resolve("self/cgroup"), "0::/\n");
        writeGroup(groups, "1000", 2000, 0);
        assertThat(host(temporary).memoryFree()).isZero();
    }

    @Test
    void shouldIgnoreUnreadableFiles() throws IOException {
        write(proc.resolve("self/cgroup"), "rubbish\n0::/group\n");
        write(groups.resolve("group/memory.max"), "rubbish\n");
        write(groups.resolve("group/memory.current"), "\n");
        Files.delete(proc.resolve("meminfo"));
        assertThat(host(temporary).memoryFree()).isEqualTo(Long.MAX_VALUE);
        assertThat(host(temporary.resolve("missing")).folderFree()).isZero();
    }

    @Test
    void shouldReadThisMachine() {
        SegmentSpace space = SegmentSpace.host();
        assertThat(space.folder()).hasToString("/dev/shm");
        assertThat(space.folderFree()).isPositive();
        assertThat(space.memoryFree()).isPositive().isLessThan(Long.MAX_VALUE);
        assertThat(space.memoryLimit()).isPositive();
    }

    @Test
    void shouldCountProcessesKilledForLackOfMemory() throws IOException {
        write(proc.resolve("self/cgroup"), "4:cpu,memory:/job\n0::/outer\n");
        write(groups.resolve("memory/job/memory.oom_control"), "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
        write(groups.resolve("outer/memory.events"), "oom 9\noom_kill 1\n");
        assertThat(host(temporary).outOfMemoryKills()).isEqualTo(3);
    }

    // ---- Refusals and fallbacks

    @Test
    void shouldRefuseMoreThanTheFreeMemory() {
        SegmentSpace space = host(Path.of("/dev/shm"));
        assertThatThrownBy(() -> Segment.slotted(3, MIB, space))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageMatching(
                        "no memory for a segment: bytes=3145728, limit=2097152 bytes free in memory,"
                                + " [0-9]+ in /dev/shm; raise the container's memory limit, close packages or use fewer workers");
    }

    @Test
    void shouldUseAnonymousMemoryAndWarnOnceWithoutASharedFolder() throws IOException {
        SegmentSpace space = host(temporary.resolve("missing"));
        try (Segment first = Segment.slotted(1, MIB, space);
                Segment second = Segment.slotted(1, MIB, space);
                Segment opened = Segment.open(second.handle())) {
            assertThat(fileOf(first)).startsWith("/memfd:");
            assertThat(fileOf(second)).startsWith("/memfd:");
            assertShared(second, opened);
        }
        assertThat(warnings)
                .containsExactly("WARNING segments cannot lie in " + temporary.resolve("missing")
                        + ": errno=2 (No such file or directory), expected=a writable memory file system;"
                        + " using anonymous memory, mount one there to avoid it");
    }

    @Test
    void shouldUseAnonymousMemoryIfTheFolderHoldsNoFiles() throws IOException {
        SegmentSpace space = host(Path.of("/proc"));
        try (Segment segment = Segment.slotted(1, MIB, space)) {
            assertThat(fileOf(segment)).startsWith("/memfd:");
        }
        assertThat(warnings).hasSize(1);
    }

    @Test
    void shouldUseAnonymousMemoryWhenASmallFileSystemIsFull() throws Exception {
        Path small = Files.createDirectory(temporary.resolve("small"));
        try (SmallDisk disk = SmallDisk.on(small, 1024)) {
            SegmentSpace space = host(small);
            assertThat(space.folderFree()).isEqualTo(MIB);
            try (Segment fits = Segment.slotted(3, MIB / 4, space);
                    Segment fitsNot = Segment.slotted(2, MIB / 4, space);
                    Segment opened = Segment.open(fitsNot.handle())) {
                assertThat(fileOf(fits)).startsWith(small.toString());
                assertThat(space.folderFree()).isEqualTo(MIB / 4);
                assertThat(fileOf(fitsNot)).startsWith("/memfd:");
                assertShared(fitsNot, opened);
            }
            assertThat(space.folderFree()).isEqualTo(MIB);
            assertThat(warnings).hasSize(1);
            assertThat(warnings.get(0))
                    .isEqualTo("WARNING segments do not fit in " + small + ": bytes=524288, limit=262144 bytes free;"
                            + " using anonymous memory, enlarge " + small
                            + " to avoid it (containers: --shm-size=2g)");
        }
    }

    // ---- Helpers

    private SegmentSpace host(Path folder) {
        return new SegmentSpace(folder, proc, groups, false);
    }

    private static void assertShared(Segment made, Segment opened) {
        try (Tensor written = made.tensor(0, ScalarType.Float, 4);
                Tensor read = opened.tensor(0, ScalarType.Float, 4)) {
            written.fill_(new Scalar(1.5f));
            assertThat(read.sum().item_float()).isEqualTo(6f);
        }
    }

    private static String fileOf(Segment segment) throws IOException {
        return Files.readSymbolicLink(
                        Path.of("/proc/self/fd/" + segment.handle().fd()))
                .toString();
    }

    private static void writeGroup(Path folder, String limit, long used, long droppable) throws IOException {
        write(folder.resolve("memory.max"), limit + "\n");
        write(folder.resolve("memory.current"), used + "\n");
        write(folder.resolve("memory.stat"), "file 900000\ninactive_file " + droppable + "\n");
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
