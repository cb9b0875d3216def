package org.blazefl4j.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps a folder to one run at a time. The kernel lets go of the lock however the process ends.
 *
 * <p>Within one process the folders in use are known by name: a second look at a lock of one's own would undo it.
 *
 * <p>The file is empty while it is in its folder. One that is taken away gets a byte after that, by which a process
 * that had opened it just before knows that its lock is on nothing.
 */
final class FolderLock implements AutoCloseable {

    private static final String FILE = "lock";

    private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

    private final Path folder;
    private FileChannel channel;
    private boolean isNew;

    private FolderLock(Path folder) {
        this.folder = folder;
    }

    /**
     * Locks a folder.
     *
     * @throws CheckpointException if another run has it
     */
    static FolderLock of(Path folder) throws IOException {
        FolderLock lock = new FolderLock(folder.toRealPath());
        if (!OWN.add(lock.folder)) {
            throw inUse(folder, "this process");
        }
        try {
            lock.take();
            return lock;
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private void take() throws IOException {
        Path file = folder.resolve(FILE);
        lock(file);
        while (channel.size() > 0 && (Files.notExists(file) || Files.size(file) == 0)) {
            channel.close();
            lock(file);
        }
    }

    private void lock(Path file) throws IOException {
        isNew = Files.notExists(file);
        channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw inUse(folder, "another process");
            }
        } catch (OverlappingFileLockException e) {
            throw inUse(folder, "this process"); // by a class loader that has its own list of folders
        }
    }

    private static CheckpointException inUse(Path folder, String by) {
        return new CheckpointException("checkpoint folder is in use: folder=" + folder + ", by=" + by
                + ", limit=one run at a time; wait for the other to end, or name another folder");
    }

    /** Whether the file was not there before. */
    boolean isNew() {
        return isNew;
    }

    /** Takes the file away; the folder stays locked until this is closed. */
    void discard() throws IOException {
        Files.deleteIfExists(folder.resolve(FILE));
        channel.write(ByteBuffer.allocate(1), 0);
    }

    @Override
    public void close() throws IOException {
        try {
            if (channel != null) {
                channel.close();
            }
        } finally {
            OWN.remove(folder);
        }
    }
}
