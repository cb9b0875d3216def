package org.blazefl4j.binding;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OwnLibraryTest {

    @TempDir
    private Path folder;

    private Path unpacked(String content) throws IOException {
        return OwnLibrary.unpacked(content.getBytes(StandardCharsets.UTF_8), 0, folder);
    }

    @Test
    void shouldKeepTheFilesOfTwoBuildsApart() throws IOException {
        Path one = unpacked("one build");
        Path other = unpacked("two build");
        assertThat(one).hasContent("one build");
        assertThat(other).hasContent("two build").isNotEqualTo(one);
    }

    /** Another process may have mapped the file. */
    @Test
    void shouldNotRewriteAnExistingFile() throws IOException {
        Path file = unpacked("build");
        Object before = Files.getAttribute(file, "unix:ino");
        assertThat(unpacked("build")).isEqualTo(file);
        assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(before);
    }

    @Test
    void shouldReplaceATruncatedFile() throws IOException {
        Path file = Files.writeString(unpacked("build"), "bui");
        assertThat(unpacked("build")).isEqualTo(file).hasContent("build");
    }

    @Test
    void shouldDeleteFilesUnusedForLong() throws IOException {
        Path old = unpacked("old build");
        Path used = unpacked("used build");
        FileTime past = FileTime.from(Instant.now().minus(Duration.ofDays(31)));
        Files.setLastModifiedTime(old, past);
        Files.setLastModifiedTime(used, past);
        unpacked("used build");
        Path latest = unpacked("new build");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactlyInAnyOrder(used, latest);
        }
    }

    /** A dangling link behaves like a file that another process renames while this one lists the folder. */
    @Test
    void shouldIgnoreFilesThatAreGoneOrCannotBeDeleted() throws IOException {
        Files.createSymbolicLink(folder.resolve("gone.part"), folder.resolve("nowhere"));
        Path kept = Files.createDirectories(folder.resolve("kept/file")).getParent();
        Files.setLastModifiedTime(kept, FileTime.from(Instant.now().minus(Duration.ofDays(31))));
        assertThat(unpacked("build")).hasContent("build");
        assertThat(kept).isDirectory();
    }
}
