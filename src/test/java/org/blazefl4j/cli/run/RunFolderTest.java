package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.blazefl4j.cli.options.UsageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunFolderTest {

    @TempDir
    private Path parent;

    @Test
    void shouldCreateTheRequestedFolderAndDeleteItAgain() {
        Path asked = parent.resolve("a/b");

        try (RunFolder folder = RunFolder.create(asked, file -> false)) {
            assertThat(folder.path()).isEqualTo(asked).isEmptyDirectory();
            try (RunFolder again = RunFolder.create(asked, file -> false)) {
                assertThat(again.path()).as("an empty folder can be used again").isEqualTo(asked);
            }
            assertThat(asked).as("the second run did not create it").isDirectory();
        }
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void shouldCreateAFolderForEachRun() {
        Path first = RunFolder.createStamped(parent).path();
        Path second = RunFolder.createStamped(parent).path();

        assertThat(first).isEmptyDirectory().isNotEqualTo(second);
        assertThat(first.getFileName().toString()).matches("\\d{8}-\\d{6}(-\\d+)?");
        assertThat(second).isEmptyDirectory();
    }

    /** All start within one second, the resolution of names. */
    @Test
    void shouldCreateDifferentFoldersForRunsStartedAtOnce() {
        List<Path> made = IntStream.range(0, 100)
                .parallel()
                .mapToObj(i -> RunFolder.createStamped(parent).path())
                .toList();
        assertThat(made).doesNotHaveDuplicates().allMatch(Files::isDirectory);
    }

    @Test
    void shouldSayThatTheDefaultFolderCannotBeCreated() throws IOException {
        Path file = Files.createFile(parent.resolve("runs"));

        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> RunFolder.createStamped(file))
                .withMessageMatching("cannot create a folder for results: folder=" + file
                        + ", found=.*; choose another by --output");
    }

    @Test
    void shouldKeepAFolderThatIsNotEmpty() throws IOException {
        Path asked = parent.resolve("full");
        try (RunFolder folder = RunFolder.create(asked, file -> false)) {
            Files.createFile(folder.path().resolve("metrics.csv"));
        }
        assertThat(asked.resolve("metrics.csv")).exists();
    }

    @Test
    void shouldRefuseAFolderWithResults() throws IOException {
        Files.createFile(parent.resolve("metrics.csv"));

        refuses(
                parent,
                "output folder is not empty: --output=" + parent
                        + ", expected=a new or empty folder; choose another, so" + " that no results are overwritten");
    }

    @Test
    void shouldRefuseAFileAndAFolderInAFile() throws IOException {
        Path file = Files.createFile(parent.resolve("file"));

        refuses(file, "output is not a folder: --output=" + file + ", expected=a new or empty folder");
        refuses(
                file.resolve("sub"),
                "cannot create the output folder: --output=" + file.resolve("sub") + ", found=not a folder: "
                        + file.resolve("sub"));
    }

    private static void refuses(Path asked, String message) {
        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> RunFolder.create(asked, file -> false))
                .withMessageStartingWith(message);
    }
}
