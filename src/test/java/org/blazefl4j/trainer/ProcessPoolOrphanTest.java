package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.blazefl4j.trainer.ParentProgram.Stage;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A parent that dies by SIGKILL leaves nothing behind, at any stage. */
@Slow
final class ProcessPoolOrphanTest {

    private static final int IDLE_LOOKS = 300;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource
    void shouldLeaveNothingWhenTheParentIsKilledAt(Stage stage) throws Exception {
        Set<Path> namedBefore = named();
        Path temporary = Files.createDirectory(folder.resolve("tmp")); // for what a killed process cannot delete
        Path reached = folder.resolve("reached");
        Process parent = start(stage, temporary, reached);
        try {
            Conditions.awaitFile(reached);
            List<Long> workers = parent.descendants().map(ProcessHandle::pid).toList();
            Set<String> segments = segmentsOf(parent.pid());
            parent.destroyForcibly();
            Conditions.await("workers end", () -> workers.stream().noneMatch(Conditions::isRunning));

            assertThat(parent.waitFor()).isEqualTo(137);
            assertThat(workers).hasSize(stage == Stage.TRAINING ? 2 : 1);
            assertThat(segments).isNotEmpty();
            assertThat(ProcessHandle.allProcesses())
                    .noneMatch(process -> segmentsOf(process.pid()).stream().anyMatch(segments::contains));
            assertThat(named()).isEqualTo(namedBefore);
            assertThat(temporary).isEmptyDirectory();
        } finally {
            parent.destroyForcibly();
        }
    }

    /** A stopped worker runs no code, so the kernel has to wake it. */
    @Test
    void shouldEndStoppedWorkersWhenTheParentIsKilled() throws Exception {
        Path reached = folder.resolve("reached");
        Process parent = start(Stage.TRAINING, folder, reached);
        try {
            Conditions.awaitFile(reached);
            List<Long> workers = parent.descendants().map(ProcessHandle::pid).toList();
            Conditions.signal("STOP", workers.toArray(Long[]::new));
            Conditions.await("they stop", () -> workers.stream().allMatch(Conditions::isStopped));
            parent.destroyForcibly();

            Conditions.await("workers end", () -> workers.stream().noneMatch(Conditions::isRunning));
        } finally {
            parent.destroyForcibly();
        }
    }

    private static Process start(Stage stage, Path temporary, Path reached) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Djava.io.tmpdir=" + temporary,
                        "-classpath",
                        System.getProperty("java.class.path"),
                        ParentProgram.class.getName(),
                        stage.name(),
                        reached.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** Ctrl-Z stops the parent alone, because each worker has its own process group. */
    @Test
    void shouldStartNoOtherClientWhileTheParentIsStopped() throws Exception {
        Path reached = folder.resolve("reached");
        Process parent = start(Stage.TRAINING_ONE_OF_TWO, folder, reached);
        try {
            Conditions.awaitFile(reached);
            Conditions.signal("STOP", parent.pid());
            Conditions.await("it stops", () -> Conditions.isStopped(parent.pid()));
            ProcessHandle worker =
                    ProcessHandle.of(Long.parseLong(Files.readString(reached))).orElseThrow();
            awaitIdle(worker);
            Path continued = Files.createFile(folder.resolve("continued"));
            Conditions.signal("CONT", parent.pid());

            assertThat(parent.waitFor()).isZero();
            assertThat(Files.getLastModifiedTime(Path.of(reached + ".next")))
                    .isGreaterThanOrEqualTo(Files.getLastModifiedTime(continued));
        } finally {
            parent.destroyForcibly();
        }
    }

    /** Waits until a worker has used no processor time for a good while. */
    private static void awaitIdle(ProcessHandle worker) {
        List<Duration> looks = new ArrayList<>();
        Conditions.await("it is idle", () -> {
            looks.add(0, worker.info().totalCpuDuration().orElseThrow());
            return looks.size() > IDLE_LOOKS && looks.get(0).equals(looks.get(IDLE_LOOKS));
        });
    }

    /** Returns the device and inode of each segment that a process has mapped; empty if there is no such process. */
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

    /** Returns the library's names in shared memory. There should be none. */
    private static Set<Path> named() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/dev/shm"))) {
            return files.filter(file -> file.getFileName().toString().contains("blazefl4j"))
                    .collect(Collectors.toSet());
        }
    }
}
