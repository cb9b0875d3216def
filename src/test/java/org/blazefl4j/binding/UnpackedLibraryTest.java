package org.blazefl4j.binding;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UnpackedLibraryTest {

    private static final String ENTRY = "org/example/linux-x86_64/libexample.so";
    private static final String CONTENT = "a library";

    @TempDir
    private Path folder;

    private Path file() {
        return folder.resolve("cache/libraries.jar").resolve(ENTRY);
    }

    private UnpackedLibrary library() throws IOException {
        Path jar = folder.resolve("libraries.jar");
        if (Files.notExists(jar)) {
            try (OutputStream out = Files.newOutputStream(jar);
                    ZipOutputStream zip = new ZipOutputStream(out)) {
                ZipEntry entry = new ZipEntry(ENTRY);
                entry.setTime(1_700_000_000_000L);
                zip.putNextEntry(entry);
                zip.write(CONTENT.getBytes());
            }
        }
        var connection = URI.create("jar:" + jar.toUri() + "!/" + ENTRY).toURL().openConnection();
        connection.setUseCaches(false);
        return UnpackedLibrary.of(
                (JarURLConnection) connection, folder.resolve("cache").toFile(), "libexample.so");
    }

    @Test
    void shouldWriteTheFileThatJavaCppLooksFor() throws IOException {
        assertThat(library().isComplete()).isFalse();
        library().write(true);
        assertThat(library().isComplete()).isTrue();
        assertThat(file()).hasContent(CONTENT);
        assertThat(file().toFile().lastModified()).isEqualTo(1_700_000_000_000L);
        assertThat(file().getParent()).isDirectoryNotContaining("glob:**.part");
    }

    @Test
    void shouldRepairATruncatedFile() throws IOException {
        library().write(true);
        Files.writeString(file(), "a lib");
        assertThat(library().isComplete()).isFalse();
        library().write(true);
        assertThat(file()).hasContent(CONTENT);
    }

    /** A process that has mapped the old file keeps it. */
    @Test
    void shouldReplaceAFileInsteadOfWritingToIt() throws IOException {
        Files.createDirectories(file().getParent());
        Path mapped = folder.resolve("mapped");
        Files.createLink(mapped, Files.writeString(file(), "of another build"));
        library().write(true);
        assertThat(mapped).hasContent("of another build");
        assertThat(file()).hasContent(CONTENT);
    }

    @Test
    void shouldOverwriteLeftoversOfAKilledProcess() throws IOException {
        Files.createDirectories(file().getParent());
        Files.writeString(Path.of(file() + ".part"), "what is longer than the library");
        library().write(true);
        assertThat(file()).hasContent(CONTENT);
        assertThat(file().getParent()).isDirectoryNotContaining("glob:**.part");
    }

    @Test
    void shouldReplaceALinkToAnotherFolder() throws IOException {
        library().write(true);
        Path elsewhere = Files.move(file(), folder.resolve("libexample.so"));
        Files.createSymbolicLink(file(), elsewhere);
        assertThat(library().isComplete()).isFalse();
        library().write(true);
        assertThat(file()).isRegularFile();
        assertThat(library().isComplete()).isTrue();
    }
}
