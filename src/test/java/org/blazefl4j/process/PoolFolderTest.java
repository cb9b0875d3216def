package org.blazefl4j.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is left of pools, and what becomes of it. */
@Timeout(60)
final class PoolFolderTest {

    @TempDir
    private Path parent;

    /** A process with a folder, for as long as it lives. */
    static final class Owner {

        private Owner() {}

        /** Prints the folder that it makes in the one given, then waits for its end. */
        public static void main(String[] args) {
            try (PoolFolder folder = new PoolFolder(Path.of(args[0]))) {
                System.out.println(folder.write("classpath", "text").getParent());
                while (true) {
                    LockSupport.park();
                }
            }
        }
    }

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
                parent.resolve("blazefl4j-pool-" + ProcessHandle.current().pid() + "-1-before"));
        Files.createFile(others.resolve("owner"));
        Files.createFile(others.resolve("state-3-0"));
        new PoolFolder(parent).close();
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void shouldDeleteTheFolderOfAProcessThatWasKilledBeforeItOwnedIt() throws Exception {
        Path others = Files.createDirectory(parent.resolve("blazefl4j-pool-1-1-before"));
        Files.createFile(others.resolve("owner.draft"));
        Files.setLastModifiedTime(others, FileTime.from(Instant.now().minus(Duration.ofHours(2))));
        new PoolFolder(parent).close();
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void shouldLeaveAloneWhatIsNoPoolsFolder() throws Exception {
        Path target = Files.createDirectory(parent.resolve("target"));
        Files.createFile(target.resolve("owner"));
        Path link = Files.createSymbolicLink(parent.resolve("blazefl4j-pool-1-link"), target);
        Path unowned = Files.createDirectory(parent.resolve("blazefl4j-pool-1-made-just-now"));
        new PoolFolder(parent).close();
        assertThat(target.resolve("owner")).exists();
        assertThat(link).exists();
        assertThat(unowned).exists();
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
