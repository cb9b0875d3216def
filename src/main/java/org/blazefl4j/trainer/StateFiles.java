package org.blazefl4j.trainer;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.blazefl4j.codec.ByteTensors;
import org.blazefl4j.util.Causes;
import org.bytedeco.pytorch.Tensor;

/**
 * States that have no room in memory, in one file, which is made when it is first needed. It has no name: no cleaner of
 * temporary folders takes it away, and nothing is left of it however this process ends. An interrupt of the calling
 * thread waits until a state is done. Thread-safe.
 */
final class StateFiles implements AutoCloseable {

    private static final int CHUNK = 1 << 16;

    private final Path folder;
    private final FreeRanges free = new FreeRanges();
    private RandomAccessFile file;

    /** A file in a folder. */
    StateFiles(Path folder) {
        this.folder = folder;
    }

    /** Where a state is. */
    public static final class Place {

        private final long start;
        private final long bytes;
        private boolean freed;

        private Place(long start, long bytes) {
            this.start = start;
            this.bytes = bytes;
        }
    }

    /**
     * Writes a client's state, which stays the caller's.
     *
     * @throws IllegalStateException if it cannot be written, because the disk is full, say
     */
    synchronized Place write(int client, Tensor bytes) {
        Place place = new Place(free.take(bytes.numel()), bytes.numel());
        try {
            file = file == null ? open(folder) : file;
            ByteTensors.write(bytes, new Part(place));
            return place;
        } catch (IOException e) {
            free(place);
            throw new IllegalStateException(
                    "client state cannot be written: client=" + client + ", bytes=" + bytes.numel() + ", found="
                            + Causes.describe(e) + ", limit=" + usable() + " bytes free in " + folder
                            + "; name a folder with room (TrainerOptions.stateFolder; -Djava.io.tmpdir unless set), or"
                            + " raise stateMemory",
                    e);
        }
    }

    private static RandomAccessFile open(Path folder) throws IOException {
        Path named = Files.createTempFile(folder, "blazefl4j-states-", null);
        try {
            return new RandomAccessFile(named.toFile(), "rw");
        } finally {
            Files.delete(named);
        }
    }

    private String usable() {
        try {
            return Long.toString(Files.getFileStore(folder).getUsableSpace());
        } catch (IOException unknown) {
            return "unknown";
        }
    }

    /**
     * Reads a client's state, which the caller then owns.
     *
     * @throws IllegalStateException if it is not there
     */
    Tensor read(int client, Place place) {
        try {
            return ByteTensors.read(place.bytes, new Part(place));
        } catch (IOException e) {
            throw new IllegalStateException(
                    "client state cannot be read back: client=" + client + ", folder=" + folder + ", found="
                            + Causes.describe(e) + ", limit=" + place.bytes
                            + " bytes, written by this process; resume from a checkpoint, with"
                            + " TrainerOptions.stateFolder, or -Djava.io.tmpdir, on another disk",
                    e);
        }
    }

    /** Frees a state's place. */
    synchronized void free(Place place) {
        place.freed = true;
        free.give(place.start, place.bytes);
        try {
            if (file != null && file.length() > free.end()) {
                file.setLength(free.end());
            }
        } catch (IOException e) {
            warn("file of client states not cut: folder=" + folder, e);
        }
    }

    /** Closes the file, with which it goes. */
    @Override
    public synchronized void close() {
        try {
            if (file != null) {
                file.close();
            }
        } catch (IOException e) {
            warn("file of client states not closed: folder=" + folder, e);
        }
    }

    private static void warn(String message, Exception e) {
        System.getLogger(StateFiles.class.getName()).log(System.Logger.Level.WARNING, message, e);
    }

    /** A part of the file as a channel. An interrupt of the thread closes the JDK's own, and the file would be gone. */
    private final class Part implements ByteChannel {

        private final byte[] chunk;
        private final Place place;
        private long at;

        Part(Place place) {
            this.place = place;
            this.at = place.start;
            this.chunk = new byte[(int) Math.min(CHUNK, place.bytes)];
        }

        @Override
        public int write(ByteBuffer source) throws IOException {
            int length = Math.min(chunk.length, source.remaining());
            source.get(chunk, 0, length);
            file.seek(at);
            file.write(chunk, 0, length);
            at += length;
            return length;
        }

        @Override
        public int read(ByteBuffer target) throws IOException {
            synchronized (StateFiles.this) {
                if (place.freed) {
                    throw new IOException("a state that was replaced since");
                }
                file.seek(at);
                int length = file.read(chunk, 0, Math.min(chunk.length, target.remaining()));
                target.put(chunk, 0, Math.max(0, length));
                at += Math.max(0, length);
                return length;
            }
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }
}
