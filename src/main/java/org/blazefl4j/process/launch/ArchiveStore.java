package org.blazefl4j.process.launch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32C;
import org.blazefl4j.binding.PathTrust;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.NewFolders;
import org.jspecify.annotations.Nullable;

/**
 * The files of class archives, in a folder that all runs of a user share. A file appears atomically, and its name ends
 * with its checksum, because the JVM validates little of what it maps. Ignores files that another user could have
 * written, or put there by renaming a parent folder.
 */
final class ArchiveStore {

    /** Each has a few dozen megabytes. */
    private static final int MOST_ARCHIVES = 8;

    private static final Duration LONGEST_UNUSED = Duration.ofDays(30);

    private static final String PART = ".part";

    private static final String LOCK = "lock";

    /** Folders that this process has locked. Opening and closing a lock file a second time would unlock it. */
    private static final Set<Path> LOCKED_HERE = ConcurrentHashMap.newKeySet();

    private final Path folder;

    ArchiveStore(Path cacheFolder) {
        this.folder = cacheFolder.resolve("archives");
    }

    Path folder() {
        return folder;
    }

    /** Returns the archive with a key and marks it as used now. Deletes damaged ones. */
    Optional<Path> find(String key) {
        try {
            if (isTrusted(folder)) {
                for (Path file : list(key + "-*")) {
                    if (Files.isRegularFile(file) && isTrusted(file) && isWhole(file)) {
                        Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
                        return Optional.of(file);
                    }
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException | RuntimeException e) {
            log("class archive not used: folder=" + folder, e);
        }
        return Optional.empty();
    }

    /** Returns all archives, most recently used first. */
    List<Path> archives() throws IOException {
        List<Path> files = list("*-*");
        files.removeIf(file -> file.toString().contains(PART));
        files.sort(Comparator.comparing(ArchiveStore::lastUse).reversed());
        return files;
    }

    private List<Path> list(String pattern) throws IOException {
        List<Path> files = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, pattern)) {
                entries.forEach(files::add);
            }
        }
        return files;
    }

    private static FileTime lastUse(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException gone) {
            return FileTime.from(Instant.EPOCH);
        }
    }

    /** Returns whether a file exists and no other user can have put it there. */
    private static boolean isTrusted(Path file) throws IOException {
        return Files.exists(file) && PathTrust.distrust(file) == null;
    }

    /** Returns whether the file of an archive still exists and is trusted. */
    boolean isUsable(Path file) {
        try {
            return isTrusted(file);
        } catch (IOException e) {
            log("class archive not used: file=" + file, e);
            return false;
        }
    }

    /** Returns why the folder cannot be used, as a clause, or null if it can. Leaves nothing behind. */
    @Nullable
    String problem() {
        try {
            String distrust = PathTrust.distrust(folder);
            if (distrust != null) {
                return distrust;
            }
            NewFolders made = NewFolders.make(folder);
            try {
                return Files.isWritable(folder) ? null : "no permission to write: " + folder;
            } finally {
                made.removeEmpty();
            }
        } catch (IOException e) {
            return Causes.describe(e);
        }
    }

    private static boolean isWhole(Path file) throws IOException {
        String name = file.getFileName().toString();
        return name.endsWith("-" + checksum(file));
    }

    private static String checksum(Path file) throws IOException {
        CRC32C sum = new CRC32C();
        ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
        try (FileChannel channel = FileChannel.open(file)) {
            while (channel.read(buffer.clear()) >= 0) {
                sum.update(buffer.flip());
            }
        }
        return String.format(Locale.ROOT, "%08x", sum.getValue());
    }

    /** The lock that lets one process at a time add archives. */
    final class WriteLock implements AutoCloseable {

        private final FileChannel file;

        private WriteLock(FileChannel file) {
            this.file = file;
        }

        /** Returns the file to write an archive to before {@link #keep}. */
        Path part(String key) {
            return folder.resolve(key + PART);
        }

        /** Adds the archive that was written to {@link #part}. Returns false if there is none. */
        boolean keep(String key) throws IOException {
            Path part = part(key);
            if (!Files.isRegularFile(part) || Files.size(part) == 0) {
                return false;
            }
            Files.move(part, folder.resolve(key + "-" + checksum(part)), StandardCopyOption.ATOMIC_MOVE);
            return true;
        }

        /** Deletes unfinished archives and those not used for long. */
        void sweep() throws IOException {
            for (Path part : list("*" + PART + "*")) {
                Files.deleteIfExists(part);
            }
            List<Path> archives = archives();
            Instant oldest = Instant.now().minus(LONGEST_UNUSED);
            for (int i = 0; i < archives.size(); i++) {
                if (i >= MOST_ARCHIVES || lastUse(archives.get(i)).toInstant().isBefore(oldest)) {
                    Files.deleteIfExists(archives.get(i));
                }
            }
        }

        @Override
        public void close() throws IOException {
            try {
                file.close();
            } finally {
                LOCKED_HERE.remove(folder); // last, because another thread's close of the file would unlock it
            }
        }
    }

    /** Returns the write lock, or null if another process has it or the folder is not writable. */
    @Nullable
    WriteLock tryWriteLock() {
        if (!LOCKED_HERE.add(folder)) {
            return null;
        }
        @Nullable FileChannel file = null;
        try {
            Files.createDirectories(folder, PathTrust.PRIVATE);
            if (isTrusted(folder)) {
                file = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = file.tryLock();
                if (lock != null) {
                    return new WriteLock(file);
                }
                file.close();
            }
        } catch (IOException | RuntimeException e) {
            log("class archives cannot be created: folder=" + folder, e);
        }
        LOCKED_HERE.remove(folder);
        return null;
    }

    private static void log(String message, Exception e) {
        System.getLogger(ArchiveStore.class.getName()).log(System.Logger.Level.DEBUG, message, e);
    }
}
