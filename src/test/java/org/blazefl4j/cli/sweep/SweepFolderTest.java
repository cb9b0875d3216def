package org.blazefl4j.cli.sweep;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.blazefl4j.cli.options.UsageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sweep's folder is its own. */
final class SweepFolderTest {

    @TempDir
    private Path folder;

    @Test
    void shouldOpenANewFolderAndItsOwnAgain() throws IOException {
        Path path = folder.resolve("a/b");
        SweepFolder.open(path).close();
        Files.createFile(path.resolve("table.md"));
        SweepFolder.open(path).close();
    }

    @Test
    void shouldRefuseAFolderThatHoldsSomethingElse() throws IOException {
        Path file = Files.createFile(folder.resolve("thesis.tex"));

        assertThatThrownBy(() -> SweepFolder.open(folder))
                .isInstanceOf(UsageException.class)
                .hasMessage("output folder is not of a sweep: --output=" + folder
                        + ", expected=a new or empty folder, or that of a sweep to go on with; choose another");
        assertThatThrownBy(() -> SweepFolder.open(file))
                .isInstanceOf(UsageException.class)
                .hasMessage("cannot use the output folder: --output=" + file + ", found=already exists: " + file
                        + "; choose another");
    }
}
