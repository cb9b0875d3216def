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
import java.nio.file.attribute.PosixFilePermissions;
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

/**
 * The files of archives of classes, in a folder that all runs of a user share. A file is there as a whole or not at
 * all, and its name ends with its checksum, for the JVM checks little of what it maps. What anybody else could have
 * written, or put there by renaming a folder above, is not used.
 */
final class ArchiveStore {

    /** A few dozen megabytes each. */
    private static final int MOST_ARCHIVES = 8;

    private static final Duration LONGEST_UNUSED = Duration.ofDays(30);

    private static final String PART = ".part";

    private static final String LOCK = "lock";

    /**
     * Folders that this process has the lock of: to open a locked file a second time, and close it, would unlock it.
     */
    private static final Set<Path> LOCKED_HERE = ConcurrentHashMap.newKeySet();

    private final Path folder;

    ArchiveStore(Path cacheFolder) {
        this.folder = cacheFolder.resolve("archives");
    }

    Path folder() {
        return folder;
    }

    /** The undamaged archive with this key, which counts as used now. A damaged one is deleted. */
    Optional<Path> find(String key) {
        try {
            if (isOurs(folder)) {
                for (Path file : list(key + "-*")) {
                    if (Files.isRegularFile(file) && isOurs(file) && isWhole(file)) {
                        Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
                        return Optional.of(file);
                    }
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException | RuntimeException e) {
            log("archive of classes not used: folder=" + folder, e);
        }
        return Optional.empty();
    }

    /** All archives, the one used last first. */
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

    /** Whether it is there, and nobody else can have put it there. */
    private static boolean isOurs(Path file) throws IOException {
        return Files.exists(file) && PathTrust.distrust(file) == null;
    }

    /** Whether the file of an archive is still nobody else's. */
    boolean mayUse(Path file) {
        try {
            return isOurs(file);
        } catch (IOException e) {
            log("archive of classes not used: file=" + file, e);
            return false;
        }
    }

    /** Why archives can be neither used nor kept here, as a clause; null if they can be. Leaves nothing behind. */
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

    /** The right to make archives, which one process at a time has. */
    final class Right implements AutoCloseable {

        private final FileChannel file;

        private Right(FileChannel file) {
            this.file = file;
        }

        /** Where to write an archive to. */
        Path part(String key) {
            return folder.resolve(key + PART);
        }

        /** Keeps what was written there; false if nothing was. */
        boolean keep(String key) throws IOException {
            Path part = part(key);
            if (!Files.isRegularFile(part) || Files.size(part) == 0) {
                return false;
            }
            Files.move(part, folder.resolve(key + "-" + checksum(part)), StandardCopyOption.ATOMIC_MOVE);
            return true;
        }

        /** Deletes what was left unfinished, and archives that were long not used. */
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
            LOCKED_HERE.remove(folder);
            file.close();
        }
    }

    /** The right to make archives; null if somebody else has it or nothing can be written here. */
    Right tryRight() {
        if (!LOCKED_HERE.add(folder)) {
            return null;
        }
        FileChannel file = null;
        try {
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            if (isOurs(folder)) {
                file = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = file.tryLock();
                if (lock != null) {
                    return new Right(file);
                }
                file.close();
            }
        } catch (IOException | RuntimeException e) {
            log("no archive of classes is made: folder=" + folder, e);
        }
        LOCKED_HERE.remove(folder);
        return null;
    }

    private static void log(String message, Exception e) {
        System.getLogger(ArchiveStore.class.getName()).log(System.Logger.Level.DEBUG, message, e);
    }
}
