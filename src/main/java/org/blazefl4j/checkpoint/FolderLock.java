package org.blazefl4j.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Restricts a folder to one run at a time. The kernel releases the lock however the process ends.
 *
 * <p>Folders in use by this process are kept in a set, because closing a second channel on a lock file would release
 * the first one's lock.
 *
 * <p>The lock file is empty while it is in the folder. A discarded one gets a byte after it is deleted, which tells a
 * process that opened it just before that its lock is useless.
 */
final class FolderLock implements AutoCloseable {

    private static final String FILE = "lock";
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path folder;
    private @Nullable FileChannel channel;
    private boolean isNew;

    private FolderLock(Path folder) {
        this.folder = folder;
    }

    /**
     * Locks a folder.
     *
     * @throws CheckpointException if another run has locked it
     */
    static FolderLock of(Path folder) throws IOException {
        FolderLock lock = new FolderLock(folder.toRealPath());
        if (!HELD.add(lock.folder)) {
            throw inUse(folder, "this process");
        }
        try {
            lock.acquire();
            return lock;
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private void acquire() throws IOException {
        Path file = folder.resolve(FILE);
        FileChannel opened = lock(file);
        while (opened.size() > 0 && (Files.notExists(file) || Files.size(file) == 0)) {
            opened.close();
            opened = lock(file);
        }
    }

    private FileChannel lock(Path file) throws IOException {
        isNew = Files.notExists(file);
        FileChannel opened = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        channel = opened; // close() closes it if it cannot be locked
        try {
            if (opened.tryLock() == null) {
                throw inUse(folder, "another process");
            }
            return opened;
        } catch (OverlappingFileLockException e) {
            throw inUse(folder, "this process"); // by a class loader with its own HELD
        }
    }

    private static CheckpointException inUse(Path folder, String by) {
        return new CheckpointException("checkpoint folder is in use: folder=" + folder + ", by=" + by
                + "; wait for the other run to end, or name another folder");
    }

    /** Whether this lock created the file. */
    boolean isNew() {
        return isNew;
    }

    /** Deletes the file; the folder stays locked until this is closed. */
    void discard() throws IOException {
        Files.deleteIfExists(folder.resolve(FILE));
        Objects.requireNonNull(channel, "locked").write(ByteBuffer.allocate(1), 0);
    }

    @Override
    public void close() throws IOException {
        try {
            if (channel != null) {
                channel.close();
            }
        } finally {
            HELD.remove(folder);
        }
    }
}
