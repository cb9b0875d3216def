package org.blazefl4j.binding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PathTrustTest {

    @TempDir
    private Path folder;

    private Path above;
    private Path file;

    @BeforeEach
    void make() throws IOException {
        above = Files.createDirectory(folder.resolve("above"));
        file = Files.createFile(Files.createDirectory(above.resolve("of us")).resolve("file"));
    }

    @Test
    void shouldTrustAPathThatOnlyThisUserCanChange() throws IOException {
        assertThat(PathTrust.distrust(file)).isNull();
    }

    @Test
    void shouldNotTrustAPathBelowAFolderThatOthersCanWriteTo() throws IOException {
        Files.setPosixFilePermissions(above, PosixFilePermissions.fromString("rwxrwx---"));
        assertThat(PathTrust.distrust(file))
                .isEqualTo("others may write there: path=" + above + ", mode=770, expected=750");
    }

    @Test
    void shouldTrustAPathBelowAStickyFolder() throws IOException {
        Files.setAttribute(above, "unix:mode", 01777);
        assertThat(PathTrust.distrust(file)).isNull();
    }

    /** The folder itself must not be writable by others, even if it is sticky. */
    @Test
    void shouldNotTrustAStickyFolderItself() throws IOException {
        Files.setAttribute(above, "unix:mode", 01777);
        assertThat(PathTrust.distrust(above))
                .isEqualTo("others may write there: path=" + above + ", mode=1777, expected=1755");
    }

    @Test
    void shouldNotTrustAPathBelowAnotherUsersFolder() throws IOException {
        int own = PathTrust.uid();
        assumeTrue(own == 0, "only root may give a folder away");
        Files.setAttribute(above, "unix:uid", 4711);
        assertThat(PathTrust.distrust(file))
                .isEqualTo("it belongs to another user: path=" + above + ", uid=4711, expected=0");
    }

    @Test
    void shouldNotTrustALink() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), file);
        assertThat(PathTrust.distrust(link)).isEqualTo("it is a symbolic link: " + link);
    }

    /** Checks both the folder of the link and the folder of its target. */
    @Test
    void shouldCheckBothFoldersOfALink() throws IOException {
        Path others = Files.createDirectory(folder.resolve("others"));
        Path link = Files.createSymbolicLink(others.resolve("link"), above);
        assertThat(PathTrust.distrust(link.resolve("of us"))).isNull();
        Files.setPosixFilePermissions(above, PosixFilePermissions.fromString("rwxrwx---"));
        assertThat(PathTrust.distrust(link.resolve("of us"))).contains("path=" + above);
        Files.setPosixFilePermissions(above, PosixFilePermissions.fromString("rwx------"));
        Files.setPosixFilePermissions(others, PosixFilePermissions.fromString("rwxrwx---"));
        assertThat(PathTrust.distrust(link.resolve("of us"))).contains("path=" + others);
    }
}
