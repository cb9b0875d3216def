package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The parent dies by SIGKILL. */
final class ProcessPoolOrphanTest {

    @TempDir
    private Path folder;

    @Test
    void shouldLeaveNoProcessAndNoSegmentWhenTheParentIsKilled() throws Exception {
        Set<Path> namedBefore = named();
        Path started = folder.resolve("started");
        Process parent = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djava.io.tmpdir=" + folder, // what a killed process cannot delete
                        "-classpath",
                        System.getProperty("java.class.path"),
                        ParentProgram.class.getName(),
                        started.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader lines = parent.inputReader()) {
            List<Long> pids = Stream.of(lines.readLine(), lines.readLine())
                    .map(Long::valueOf)
                    .toList();
            Conditions.awaitFile(started);
            assertThat(parent.descendants().map(ProcessHandle::pid)).containsExactlyInAnyOrderElementsOf(pids);
            Set<String> segments = segmentsOf(parent.pid());
            assertThat(pids)
                    .allMatch(Conditions::isRunning)
                    .allSatisfy(pid -> assertThat(segmentsOf(pid)).isNotEmpty().isSubsetOf(segments));
            assertThat(named()).isEqualTo(namedBefore);
            parent.destroyForcibly();
            long killed = System.nanoTime();
            Conditions.await("workers end", () -> pids.stream().noneMatch(Conditions::isRunning));
            assertThat(Duration.ofNanos(System.nanoTime() - killed)).isLessThan(Duration.ofSeconds(1));
            parent.waitFor();
            assertThat(ProcessHandle.allProcesses())
                    .noneMatch(process -> segmentsOf(process.pid()).stream().anyMatch(segments::contains));
            assertThat(named()).isEqualTo(namedBefore);
        } finally {
            parent.destroyForcibly();
        }
    }

    /** Device and inode of each segment that the process has mapped; nothing if there is no such process. */
    private static Set<String> segmentsOf(long pid) {
        try (Stream<String> maps = Files.lines(Path.of("/proc/" + pid + "/maps"))) {
            return maps.filter(line -> line.contains("/dev/shm") || line.contains("/memfd:"))
                    .map(line -> line.split(" +"))
                    .map(fields -> fields[3] + " " + fields[4])
                    .collect(Collectors.toSet());
        } catch (IOException | UncheckedIOException gone) {
            return Set.of();
        }
    }

    /** What has a name in shared memory: none of ours ever has. */
    private static Set<Path> named() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/dev/shm"))) {
            return files.filter(file -> file.getFileName().toString().contains("blazefl4j"))
                    .collect(Collectors.toSet());
        }
    }
}
