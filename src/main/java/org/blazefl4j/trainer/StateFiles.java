package org.blazefl4j.trainer;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.blazefl4j.process.PoolFolder;
import org.blazefl4j.shm.ByteTensors;
import org.blazefl4j.util.Causes;
import org.bytedeco.pytorch.Tensor;

/**
 * Files of states that have no room in memory, one each, in a temporary folder that is made when it is first needed.
 * They are read back by this process only. An interrupt of the calling thread waits until a file is done.
 */
final class StateFiles implements AutoCloseable {

    private final Path parent;
    private PoolFolder folder;
    private long made;

    /** Files in a folder of their own in another one. */
    StateFiles(Path parent) {
        this.parent = parent;
    }

    @FunctionalInterface
    private interface FileAction<T> {
        T run() throws IOException;
    }

    /**
     * Writes a client's state, which stays the caller's.
     *
     * @throws IllegalStateException if it cannot be written, because the disk is full, say
     */
    Path write(int client, Tensor bytes) {
        Path file = null;
        try {
            folder = folder == null ? new PoolFolder(parent) : folder;
            file = folder.resolve("state-" + client + "-" + made++);
            return write(file, bytes);
        } catch (IOException | RuntimeException e) {
            delete(file);
            throw new IllegalStateException(
                    "client state cannot be written: client=" + client + ", bytes=" + bytes.numel() + ", found="
                            + Causes.describe(e) + ", limit="
                            + usable() + " bytes free in " + parent
                            + "; set TrainerOptions.stateFolder to a folder with"
                            + " room, or raise stateMemory",
                    e);
        }
    }

    private static Path write(Path file, Tensor bytes) throws IOException {
        return uninterrupted(() -> {
            try (FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
                ByteTensors.write(bytes, channel);
                return file;
            }
        });
    }

    private String usable() {
        try {
            return Long.toString(Files.getFileStore(parent).getUsableSpace());
        } catch (IOException unknown) {
            return "unknown";
        }
    }

    /**
     * Reads a client's state, which the caller then owns.
     *
     * @param bytes how many there have to be
     * @throws IllegalStateException if they are not there
     */
    static Tensor read(int client, Path file, long bytes) {
        String found;
        try {
            long length = Files.size(file);
            if (length == bytes) {
                return read(file, bytes);
            }
            found = length + " bytes";
        } catch (IOException e) {
            throw unreadable(client, file, Causes.describe(e), bytes, e);
        }
        throw unreadable(client, file, found, bytes, null);
    }

    private static Tensor read(Path file, long bytes) throws IOException {
        return uninterrupted(() -> {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                return ByteTensors.read(bytes, channel);
            }
        });
    }

    private static IllegalStateException unreadable(
            int client, Path file, String found, long bytes, IOException cause) {
        return new IllegalStateException(
                "client state cannot be read back: client=" + client + ", file=" + file + ", found=" + found
                        + ", limit=" + bytes + " bytes, written by this process and touched by nobody else; resume"
                        + " from a checkpoint, with TrainerOptions.stateFolder where nothing cleans up",
                cause);
    }

    /** An interrupt closes the channel under a thread; what it did is done again. */
    private static <T> T uninterrupted(FileAction<T> action) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try {
                    return action.run();
                } catch (ClosedByInterruptException e) {
                    interrupted |= Thread.interrupted();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Deletes a file, null for none. One that cannot be deleted goes with the folder. */
    void delete(Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            System.getLogger(StateFiles.class.getName())
                    .log(System.Logger.Level.WARNING, "client state not deleted: file=" + file, e);
        }
    }

    /** Deletes the folder. */
    @Override
    public void close() {
        if (folder != null) {
            folder.close();
        }
    }
}
