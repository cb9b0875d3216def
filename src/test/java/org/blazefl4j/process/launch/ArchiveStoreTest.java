package org.blazefl4j.process.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ArchiveStoreTest {

    @TempDir
    private Path cache;

    private ArchiveStore store;

    @BeforeEach
    void open() {
        store = new ArchiveStore(cache);
    }

    private Path keep(String key, String content) throws IOException {
        try (ArchiveStore.WriteLock writeLock = store.tryWriteLock()) {
            Files.writeString(writeLock.part(key), content);
            assertThat(writeLock.keep(key)).isTrue();
        }
        return store.find(key).orElseThrow();
    }

    @Test
    void shouldFindAnArchiveByItsKey() throws IOException {
        assertThat(store.find("aa")).isEmpty();
        assertThat(keep("aa", "content")).hasContent("content");
        assertThat(store.find("bb")).isEmpty();
    }

    @Test
    void shouldKeepNothingUnwritten() throws IOException {
        try (ArchiveStore.WriteLock writeLock = store.tryWriteLock()) {
            assertThat(writeLock.keep("aa")).isFalse();
            Files.createFile(writeLock.part("aa"));
            assertThat(writeLock.keep("aa")).isFalse();
        }
        assertThat(store.find("aa")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"contenT", "conten", "content ", ""})
    void shouldDeleteADamagedFile(String damaged) throws IOException {
        Path file = Files.writeString(keep("aa", "content"), damaged);
        assertThat(store.find("aa")).isEmpty();
        assertThat(file).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-rw-r--", "rw-r--rw-"})
    void shouldNotUseAFileThatOthersCouldHaveWritten(String rights) throws IOException {
        Path file = keep("aa", "content");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(rights));
        assertThat(store.find("aa")).isEmpty();
    }

    @Test
    void shouldNotUseAFolderThatOthersCanWriteTo() throws IOException {
        keep("aa", "content");
        Files.setPosixFilePermissions(store.folder(), PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(store.find("aa")).isEmpty();
        assertThat(store.tryWriteLock()).isNull();
    }

    /** A user who may rename a parent folder can replace everything below it. */
    @Test
    void shouldNotUseAFolderBelowOneThatOthersCanWriteTo() throws IOException {
        Path file = keep("aa", "content");
        assertThat(store.isUsable(file)).isTrue();
        assertThat(store.problem()).isNull();
        Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxrwxr-x"));
        assertThat(store.find("aa")).isEmpty();
        assertThat(store.isUsable(file)).isFalse();
        assertThat(store.tryWriteLock()).isNull();
        assertThat(store.problem()).isEqualTo("others may write there: path=" + cache + ", mode=775, expected=755");
    }

    @Test
    void shouldExplainWhyNothingCanBeKept() throws IOException {
        Path file = Files.createFile(cache.resolve("file"));
        assertThat(new ArchiveStore(file).problem()).isEqualTo("not a folder: " + file.resolve("archives"));
        assertThat(new ArchiveStore(Path.of("/proc/none")).problem()).isEqualTo("not found: /proc/none");
        assertThat(new ArchiveStore(cache.resolve("new/one")).problem()).isNull();
        assertThat(cache.resolve("new")).doesNotExist();
    }

    @Test
    void shouldNotFollowALink() throws IOException {
        Path file = keep("aa", "content");
        Path elsewhere = Files.move(file, cache.resolve("elsewhere"));
        Files.createSymbolicLink(file, elsewhere);
        assertThat(store.find("aa")).isEmpty();
        assertThat(elsewhere).hasContent("content");
    }

    @Test
    void shouldCreateTheFolderForItsUserOnly() throws IOException {
        keep("aa", "content");
        assertThat(Files.getPosixFilePermissions(store.folder()))
                .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    }

    @Test
    void shouldGiveTheWriteLockToOneAtATime() throws IOException {
        try (ArchiveStore.WriteLock writeLock = store.tryWriteLock()) {
            assertThat(writeLock).isNotNull();
            assertThat(store.tryWriteLock()).isNull();
            assertThat(new ArchiveStore(cache).tryWriteLock()).isNull();
        }
        try (ArchiveStore.WriteLock writeLock = store.tryWriteLock()) {
            assertThat(writeLock).isNotNull();
        }
    }

    @Test
    void shouldGiveNoWriteLockIfNothingCanBeWritten() throws IOException {
        Path file = Files.createFile(cache.resolve("file"));
        assertThat(new ArchiveStore(file).tryWriteLock()).isNull();
        assertThat(new ArchiveStore(file).find("aa")).isEqualTo(Optional.empty());
        assertThat(new ArchiveStore(Path.of("/proc/none")).tryWriteLock()).isNull();
    }

    @Test
    void shouldDeleteUnfinishedFilesAndArchivesUnusedForLong() throws IOException {
        Path old = keep("aa", "old");
        Path young = keep("bb", "young");
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(31))));
        Files.setLastModifiedTime(young, FileTime.from(Instant.now().minus(Duration.ofDays(29))));
        try (ArchiveStore.WriteLock writeLock = store.tryWriteLock()) {
            Path part = Files.createFile(writeLock.part("cc"));
            Path recorded = Files.createFile(Path.of(part + ".recorded"));
            writeLock.sweep();
            assertThat(List.of(part, recorded, old)).noneMatch(Files::exists);
        }
        assertThat(young).exists();
    }

    @Test
    void shouldKeepTheMostRecentlyUsedArchives() throws IOException {
        for (int i = 0; i < 10; i++) {
            Path file = keep("a" + i, "content " + i);
            Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofHours(i + 1))));
        }
        store.find("a9"); // marks it as just used
        try (ArchiveStore.WriteLock writeLock = store.tryWriteLock()) {
            writeLock.sweep();
        }
        assertThat(store.archives())
                .extracting(file -> file.getFileName().toString().substring(0, 2))
                .containsExactly("a9", "a0", "a1", "a2", "a3", "a4", "a5", "a6");
    }
}
