package org.blazefl4j.binding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CacheRootTest {

    @TempDir
    private Path folder;

    private final Map<String, String> properties = new HashMap<>();

    @BeforeEach
    void surroundings() throws IOException {
        properties.put(
                "user.home", Files.createDirectory(folder.resolve("home")).toString());
        properties.put("user.name", "ada");
        properties.put(
                "java.io.tmpdir", Files.createDirectory(folder.resolve("tmp")).toString());
    }

    private Path choose() throws IOException {
        return CacheRoot.choose(properties::get);
    }

    @Test
    void shouldUseTheHomeFolder() throws IOException {
        assertThat(choose()).isEqualTo(folder.resolve("home/.javacpp/cache")).isDirectory();
    }

    @ParameterizedTest
    @ValueSource(strings = {"?", "/nowhere/ada", "/dev/null", "/proc"})
    void shouldUseTheTemporaryFolderIfTheHomeIsUnusable(String home) throws IOException {
        properties.put("user.home", home);
        assertThat(choose()).isEqualTo(folder.resolve("tmp/.javacpp-ada/cache")).isDirectory();
        assertThat(Files.getPosixFilePermissions(folder.resolve("tmp/.javacpp-ada")))
                .isEqualTo(PosixFilePermissions.fromString("rwx------"));
        assertThat(choose()).as("again").isEqualTo(folder.resolve("tmp/.javacpp-ada/cache"));
    }

    /** Uses a user id without a user. */
    @Test
    void shouldNameTheTemporaryFolderByUserIdIfTheUserHasNoName() throws IOException {
        properties.putAll(Map.of("user.home", "?", "user.name", "?"));
        assertThat(choose()).isEqualTo(folder.resolve("tmp/.javacpp-" + PathTrust.uid() + "/cache"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"org.bytedeco.javacpp.cachedir", "org.bytedeco.javacpp.cacheDir"})
    void shouldUseTheFolderThatTheUserNames(String property) throws IOException {
        properties.put(property, folder.resolve("new/cache").toString());
        assertThat(choose()).isEqualTo(folder.resolve("new/cache")).isDirectory();
        assertThat(folder.resolve("home")).isEmptyDirectory();
    }

    @Test
    void shouldRefuseAnUnusableFolderThatTheUserNames() {
        properties.put("org.bytedeco.javacpp.cachedir", "/proc/cache");
        assertThatThrownBy(this::choose)
                .isInstanceOf(UnsatisfiedLinkError.class)
                .hasMessage("native libraries cannot be unpacked: folder=/proc/cache, found=not found: /proc/cache,"
                        + " expected=one that allows writing and execution; name another by"
                        + " -Dorg.bytedeco.javacpp.cachedir=<folder>");
    }

    @Test
    void shouldRefuseATemporaryFolderThatOthersCanWriteTo() throws IOException {
        properties.put("user.home", "?");
        Path shared = Files.createDirectory(folder.resolve("tmp/.javacpp-ada"));
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(this::choose)
                .isInstanceOf(UnsatisfiedLinkError.class)
                .hasMessage("native libraries cannot be unpacked: folder=" + shared
                        + ", found=others may write there: path=" + shared + ", mode=777, expected=755,"
                        + " expected=one that allows writing and execution; name another by"
                        + " -Dorg.bytedeco.javacpp.cachedir=<folder>");
    }

    @Test
    void shouldRefuseATemporaryFolderThatIsALink() throws IOException {
        properties.put("user.home", "?");
        Path link = Files.createSymbolicLink(folder.resolve("tmp/.javacpp-ada"), folder.resolve("home"));
        assertThatThrownBy(this::choose)
                .isInstanceOf(UnsatisfiedLinkError.class)
                .hasMessageContaining("found=it is a symbolic link: " + link);
    }
}
