package org.blazefl4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FolderLockTest {

    @TempDir
    private Path folder;

    private Path file() {
        return folder.resolve("lock");
    }

    @Test
    void shouldKeepTheFileUnlessItIsDiscarded() throws IOException {
        try (FolderLock lock = FolderLock.of(folder)) {
            assertThat(lock.isNew()).isTrue();
        }
        assertThat(file()).exists().isEmptyFile();
        try (FolderLock lock = FolderLock.of(folder)) {
            assertThat(lock.isNew()).isFalse();
            lock.discard();
            assertThat(file()).doesNotExist();
        }
    }

    /** A process that opened the file just before it was deleted would lock a file that no other process can find. */
    @Test
    void shouldMarkTheFileThatItDeletes() throws IOException {
        try (FolderLock lock = FolderLock.of(folder);
                FileChannel opened = FileChannel.open(file(), StandardOpenOption.WRITE)) {
            lock.discard();
            assertThat(opened.size()).isPositive();
        }
    }

    @Test
    void shouldLockAFileWithForeignContents() throws IOException {
        Files.writeString(file(), "notes");
        try (FolderLock lock = FolderLock.of(folder)) {
            assertThat(file()).hasContent("notes");
        }
    }
}
