package org.blazefl4j.util;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NewFoldersTest {

    @TempDir
    private Path parent;

    @Test
    void shouldDeleteOnlyFoldersThatItCreated() throws IOException {
        Path there = Files.createDirectory(parent.resolve("there"));
        NewFolders folders = NewFolders.make(there.resolve("a/b"));
        assertThat(there.resolve("a/b")).isDirectory();

        folders.removeEmpty();

        assertThat(there).isEmptyDirectory();
        NewFolders.make(there).removeEmpty();
        assertThat(there).isDirectory();
    }

    @Test
    void shouldKeepFoldersInUse() throws IOException {
        NewFolders folders = NewFolders.make(parent.resolve("a/b"));
        Path file = Files.createFile(parent.resolve("a/file"));

        folders.removeEmpty();

        assertThat(parent.resolve("a/b")).doesNotExist();
        assertThat(file).exists();
    }

    @Test
    void shouldLeaveNothingIfTheInnermostCannotBeCreated() throws IOException {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> NewFolders.make(parent.resolve("a/b/" + "x".repeat(300))));
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void shouldRefuseAFileAndADanglingLink() throws IOException {
        Path file = Files.createFile(parent.resolve("file"));
        Path link = Files.createSymbolicLink(parent.resolve("link"), parent.resolve("nothing"));

        assertThatExceptionOfType(NotDirectoryException.class).isThrownBy(() -> NewFolders.make(file));
        assertThatExceptionOfType(FileAlreadyExistsException.class).isThrownBy(() -> NewFolders.make(link));
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> NewFolders.make(file.resolve("sub")));
    }
}
