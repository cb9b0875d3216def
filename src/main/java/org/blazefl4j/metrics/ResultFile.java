package org.blazefl4j.metrics;

import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.util.Causes;

/** A file of results, which knows how far it was written, and tells of what goes wrong by its name. */
final class ResultFile extends OutputStream {

    private static final String POSITION = "position";
    private static final String CHECKSUM = "crc32c";

    private static final int CHUNK = 1 << 16;

    private final Path file;
    /** Of all that is written, so that a saved run is not taken up in another run's file. */
    private final CRC32C checksum = new CRC32C();

    private FileChannel channel;

    private ResultFile(Path file) {
        this.file = file;
    }

    /**
     * A new file; results that are there already are never overwritten.
     *
     * @throws UncheckedIOException if it cannot be made, with the file's name and why
     */
    static ResultFile create(Path file) {
        ResultFile result = new ResultFile(file);
        result.create();
        return result;
    }

    /** A file that is made at the first write, or else taken up again by {@link #restore}. */
    static ResultFile resumable(Path file) {
        return new ResultFile(file);
    }

    private void create() {
        open(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    private void open(OpenOption... how) {
        try {
            channel = FileChannel.open(file, how);
        } catch (FileAlreadyExistsException e) {
            throw new UncheckedIOException(
                    "result file exists: file=" + file.toAbsolutePath() + ", limit=a new file; name another", e);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    UncheckedIOException failed(IOException e) {
        Path folder = file.toAbsolutePath().getParent();
        String found = Files.isDirectory(folder) ? Causes.describe(e) : folder + " is no folder";
        return new UncheckedIOException(
                "cannot write results: file=" + file.toAbsolutePath() + ", found=" + found
                        + "; name a folder that exists and can be written to",
                e);
    }

    /** Writes how far the file goes, after it was synced to the disk, and a checksum of it. */
    void save(CheckpointWriter out) {
        out.put(POSITION, durablePosition());
        out.put(CHECKSUM, checksum.getValue());
    }

    /**
     * Goes on in the file as it was when it was saved; what is behind is cut off.
     *
     * @throws IllegalArgumentException if the file is missing, shorter, or does not begin with what was saved; it is
     *     then as before
     */
    void restore(CheckpointReader in) {
        long position = in.get(POSITION, Long.class);
        requireLength(position);
        requireContent(position, in.get(CHECKSUM, Long.class));
        try {
            close();
            open(StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            channel.truncate(position);
            channel.position(position);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private void requireLength(long position) {
        long found = Files.exists(file) ? size() : -1;
        if (found < position && position > 0) {
            throw new IllegalArgumentException("result file is " + (found < 0 ? "missing" : "too short") + ": file="
                    + file.toAbsolutePath() + ", bytes=" + Math.max(found, 0) + ", limit=" + position
                    + ", which it had when the run was saved; put it back, or start again without the checkpoint");
        }
    }

    private void requireContent(long length, long saved) {
        checksum.reset();
        if (length > 0) {
            addToChecksum(length);
        }
        if (checksum.getValue() != saved) {
            throw new IllegalArgumentException("result file is not the one that was saved: file="
                    + file.toAbsolutePath() + ", bytes=" + length + ", crc32c=" + checksum.getValue() + ", limit="
                    + saved + "; put it back, or start again without the checkpoint");
        }
    }

    private void addToChecksum(long length) {
        try (FileChannel content = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
            while (content.position() < length) {
                chunk.clear().limit((int) Math.min(CHUNK, length - content.position()));
                if (content.read(chunk) < 0) {
                    throw new EOFException("file became shorter while it was read");
                }
                checksum.update(chunk.flip());
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private long size() {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** The number of bytes written so far, once they are on the disk. */
    private long durablePosition() {
        if (channel == null) {
            return 0;
        }
        try {
            channel.force(true);
            return channel.position();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (channel == null) {
            create();
        }
        for (ByteBuffer left = ByteBuffer.wrap(bytes, offset, length); left.hasRemaining(); ) {
            channel.write(left);
        }
        checksum.update(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
        }
    }
}
