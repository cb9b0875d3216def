package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunFolderTest {

    @TempDir
    private Path parent;

    @Test
    void shouldMakeTheFolderThatIsAskedFor() {
        Path asked = parent.resolve("a/b");

        assertThat(RunFolder.create(asked)).isEqualTo(asked).isEmptyDirectory();
        assertThat(RunFolder.create(asked)).as("empty, so again").isEqualTo(asked);
    }

    @Test
    void shouldMakeAFolderOfItsOwnForEachRun() {
        Path first = RunFolder.createStamped(parent);
        Path second = RunFolder.createStamped(parent);

        assertThat(first).isEmptyDirectory().isNotEqualTo(second);
        assertThat(first.getFileName().toString()).matches("\\d{8}-\\d{6}(-\\d+)?");
        assertThat(second).isEmptyDirectory();
    }

    @Test
    void shouldRemoveAFolderOnlyIfItIsEmpty() throws IOException {
        Path empty = RunFolder.create(parent.resolve("empty"));
        Path full = RunFolder.create(parent.resolve("full"));
        Files.createFile(full.resolve("metrics.csv"));

        RunFolder.removeEmpty(empty);
        RunFolder.removeEmpty(full);

        assertThat(empty).doesNotExist();
        assertThat(full.resolve("metrics.csv")).exists();
    }

    @Test
    void shouldRefuseAFolderWithResults() throws IOException {
        Files.createFile(parent.resolve("metrics.csv"));

        refuses(
                parent,
                "output folder is not empty: --output=" + parent + ", limit=a new or empty folder; name another, so"
                        + " that no results are overwritten");
    }

    @Test
    void shouldRefuseAFileAndAFolderInAFile() throws IOException {
        Path file = Files.createFile(parent.resolve("file"));

        refuses(file, "output is no folder: --output=" + file + ", limit=a new or empty folder");
        refuses(
                file.resolve("sub"),
                "cannot make the output folder: --output=" + file.resolve("sub") + ", found=not a folder: "
                        + file.resolve("sub"));
    }

    private static void refuses(Path asked, String message) {
        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> RunFolder.create(asked))
                .withMessageStartingWith(message);
    }
}
