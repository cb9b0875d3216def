package org.blazefl4j.cli.sweep;

import static org.assertj.core.api.Assertions.assertThat;
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

    private static final Path STUDY = Path.of("study.toml");

    private static String refusal(Path path, String found) {
        return "output folder is not of this sweep: --output=" + path + ", found=" + found
                + ", expected=a new or empty folder, or that of a sweep of study.toml to go on with; choose another";
    }

    private void expectRefusal(String found) {
        assertThatThrownBy(() -> SweepFolder.open(folder, STUDY))
                .isInstanceOf(UsageException.class)
                .hasMessage(refusal(folder, found));
    }

    @Test
    void shouldRefuseTheFolderOfAnotherStudy() throws IOException {
        SweepFolder.open(folder, Path.of("other.toml")).close();
        Files.createFile(folder.resolve("table.md"));

        expectRefusal("sweep of other.toml");
    }

    @Test
    void shouldNotTakeAFolderForItsOwnBecauseOfALock() throws IOException {
        Files.createFile(folder.resolve("thesis.tex"));
        for (String content : new String[] {"", "4711", "x".repeat(2000)}) {
            Files.writeString(folder.resolve("lock"), content);
            expectRefusal("other files");
            assertThat(folder.resolve("lock")).hasContent(content);
        }
    }

    @Test
    void shouldTakeAFolderInWhichASweepWasKilledAtItsStart() throws IOException {
        Files.writeString(folder.resolve("lock"), "sweep of st");

        SweepFolder.open(folder, STUDY).close();

        assertThat(folder.resolve("lock")).content().isEqualTo("sweep of study.toml\n");
    }

    @Test
    void shouldOpenANewFolderAndItsOwnAgain() throws IOException {
        Path path = folder.resolve("a/b");
        SweepFolder.open(path, STUDY).close();
        Files.createFile(path.resolve("table.md"));
        SweepFolder.open(path, Path.of("moved").resolve(STUDY)).close();
    }

    @Test
    void shouldRefuseAFolderThatHoldsSomethingElse() throws IOException {
        Path file = Files.createFile(folder.resolve("thesis.tex"));

        expectRefusal("other files");
        assertThat(folder).isDirectoryNotContaining("glob:**/lock");
        assertThatThrownBy(() -> SweepFolder.open(file, STUDY))
                .isInstanceOf(UsageException.class)
                .hasMessage("cannot use the output folder: --output=" + file + ", found=already exists: " + file
                        + "; choose another");
    }
}
