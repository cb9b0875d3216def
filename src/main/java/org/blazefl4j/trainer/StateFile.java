package org.blazefl4j.trainer;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.blazefl4j.codec.ByteTensors;
import org.blazefl4j.util.Causes;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * States that do not fit in memory, in one file, which is created when first needed. It has no name, so no cleaner of
 * temporary folders deletes it, and nothing is left of it however this process ends. Interrupts do not disturb reading
 * and writing. Thread-safe.
 */
final class StateFile implements AutoCloseable {

    private static final int CHUNK = 1 << 16;

    private final Path folder;
    private final FreeRanges free = new FreeRanges();
    private @Nullable RandomAccessFile file;

    StateFile(Path folder) {
        this.folder = folder;
    }

    /** The place of a state. */
    static final class Place {

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
     * @throws IllegalStateException if it cannot be written, for example because the disk is full
     */
    synchronized Place write(int client, Tensor bytes) {
        Place place = new Place(free.take(bytes.numel()), bytes.numel());
        try {
            file = file == null ? open(folder) : file;
            ByteTensors.write(bytes, new Part(file, place));
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
     * @throws IllegalStateException if it cannot be read
     */
    Tensor read(int client, Place place) {
        try {
            return ByteTensors.read(place.bytes, new Part(opened(), place));
        } catch (IOException e) {
            throw new IllegalStateException(
                    "client state cannot be read back: client=" + client + ", folder=" + folder + ", found="
                            + Causes.describe(e) + ", expected=" + place.bytes
                            + " bytes, written by this process; resume from a checkpoint, with"
                            + " TrainerOptions.stateFolder, or -Djava.io.tmpdir, on another disk",
                    e);
        }
    }

    private synchronized RandomAccessFile opened() {
        return Objects.requireNonNull(file, "file");
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
        System.getLogger(StateFile.class.getName()).log(System.Logger.Level.WARNING, message, e);
    }

    /** A part of the file as a channel. An interrupt would close the JDK's own channel and so delete the file. */
    private final class Part implements ByteChannel {

        private final RandomAccessFile file;
        private final Place place;
        private final byte[] chunk;
        private long at;

        Part(RandomAccessFile file, Place place) {
            this.file = file;
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
            synchronized (StateFile.this) {
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
