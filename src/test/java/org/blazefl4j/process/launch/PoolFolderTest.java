package org.blazefl4j.process.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.blazefl4j.binding.Native;
import org.blazefl4j.checkpoint.LogCapture;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left of pools, and what becomes of it. */
final class PoolFolderTest {

    @TempDir
    private Path parent;

    /** A process with a folder, for as long as it lives. */
    static final class Owner {

        private Owner() {}

        /** Prints the folder that it makes in the one given, then waits for its end. */
        public static void main(String[] args) {
            try (PoolFolder folder = new PoolFolder(Path.of(args[0]))) {
                folder.write("classpath", "text");
                System.out.println(folder.resolve(""));
                while (true) {
                    LockSupport.park();
                }
            }
        }
    }

    @Slow
    @Test
    void shouldDeleteTheFolderOfAKilledProcessButNotOfALiveOne() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-classpath",
                        System.getProperty("java.class.path"),
                        Owner.class.getName(),
                        parent.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader lines = process.inputReader()) {
            Path others = Path.of(lines.readLine());
            Path own;
            try (PoolFolder first = new PoolFolder(parent)) {
                own = first.resolve("");
                assertThat(others.resolve("classpath")).exists();
                process.destroyForcibly().waitFor();
                new PoolFolder(parent).close();
                assertThat(others).doesNotExist();
                assertThat(own).exists();
            }
            assertThat(parent).isEmptyDirectory();
        } finally {
            process.destroyForcibly();
        }
    }

    /** As it is in containers, where the first process is number 1 each time. */
    @Test
    void shouldDeleteTheFolderOfAKilledProcessThatHadThisOnesNumber() throws Exception {
        Path others = Files.createDirectory(
                parent.resolve("blazefl4j-workers-" + ProcessHandle.current().pid() + "-before"));
        Files.createFile(others.resolve("classpath"));
        new PoolFolder(parent).close();
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void shouldLeaveAloneWhatIsNoPoolsFolder() throws Exception {
        Path target = Files.createDirectory(parent.resolve("target"));
        Path link = Files.createSymbolicLink(parent.resolve("blazefl4j-workers-1-link"), target);
        Path file = Files.createFile(parent.resolve("blazefl4j-workers-1-file"));
        new PoolFolder(parent).close();
        assertThat(target).exists();
        assertThat(link).exists();
        assertThat(file).exists();
    }

    /** systemd-tmpfiles looks at this lock. */
    @Test
    void shouldHoldTheLockThatCleanersRespectUntilItIsClosed() {
        PoolFolder folder = new PoolFolder(parent);
        String path = folder.resolve("").toString();
        assertThat(Native.errorText(-Native.lockFolder(path))).isEqualTo("Resource temporarily unavailable");
        folder.close();
        assertThat(Native.errorText(-Native.lockFolder(path))).isEqualTo("No such file or directory");
    }

    @Test
    void shouldMakeAgainWhatACleanerTookOfIt() throws Exception {
        try (PoolFolder folder = new PoolFolder(parent)) {
            folder.write("classpath", "text");
            Path file = folder.resolve("classpath");
            folder.restore();
            assertThat(folder.resolve("classpath")).isEqualTo(file);
            Files.delete(file);
            folder.restore();
            assertThat(folder.resolve("classpath")).isEqualTo(file).hasContent("text");
            Files.delete(file);
            Files.delete(file.getParent());
            folder.restore();
            assertThat(folder.resolve("classpath")).isNotEqualTo(file).hasContent("text");
        }
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void shouldLetTwoPoolsLookForAbandonedFoldersAtOnce() throws Exception {
        List<String> warnings = new CopyOnWriteArrayList<>();
        try (LogCapture log = LogCapture.of("org.blazefl4j.process.launch.PoolFolder", warnings)) {
            for (int i = 0; i < 50; i++) {
                for (int others = 0; others < 10; others++) {
                    Path abandoned = Files.createDirectory(parent.resolve("blazefl4j-workers-1-" + others));
                    Files.createFile(abandoned.resolve("classpath"));
                }
                CompletableFuture<Void> beside = CompletableFuture.runAsync(() -> new PoolFolder(parent).close());
                new PoolFolder(parent).close();
                beside.join();
                assertThat(parent).isEmptyDirectory();
            }
        }
        assertThat(warnings).isEmpty();
    }

    @Test
    void shouldLeaveNothingWhenItIsClosedTwice() {
        PoolFolder folder = new PoolFolder(parent);
        folder.write("classpath", "text");
        folder.close();
        folder.close();
        assertThat(parent).isEmptyDirectory();
    }
}
