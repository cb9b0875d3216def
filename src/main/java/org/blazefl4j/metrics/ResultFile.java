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

/**
 * A file of results, which knows how far it was written, and tells of what goes wrong by its name. What is written by
 * one call is there as a whole or not at all, also when the disk is full.
 */
final class ResultFile extends OutputStream {

    private static final String FILE = "file";
    private static final String POSITION = "position";
    private static final String CHECKSUM = "crc32c";

    private static final String REMEDY = "; put it back, or name a file that is not there yet, for the rounds to come";

    private static final int CHUNK = 1 << 16;

    private final Path file;
    /** Of all that is written, so that a saved run is not taken up in another run's file. */
    private final CRC32C checksum = new CRC32C();

    private FileChannel channel;
    private long position;
    private boolean restored;

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
            throw new UncheckedIOException(exists().getMessage(), e);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private IllegalArgumentException exists() {
        return new IllegalArgumentException(
                "result file exists: file=" + file.toAbsolutePath() + ", limit=a new file; name another");
    }

    UncheckedIOException failed(IOException e) {
        Path folder = file.toAbsolutePath().getParent();
        if (Causes.isNoSpace(e)) {
            return new UncheckedIOException(
                    "cannot write results: file=" + file.toAbsolutePath() + ", found=" + Causes.describe(e) + ", limit="
                            + folder.toFile().getUsableSpace()
                            + " bytes free; what was written before is whole; free some, or name another folder",
                    e);
        }
        String found = Files.isDirectory(folder) ? Causes.describe(e) : folder + " is no folder";
        return new UncheckedIOException(
                "cannot write results: file=" + file.toAbsolutePath() + ", found=" + found
                        + "; name a folder that exists and can be written to",
                e);
    }

    /** Writes which file it is and how far it goes, after it was synced to the disk, and a checksum of it. */
    void save(CheckpointWriter out) {
        out.put(FILE, name());
        out.put(POSITION, durablePosition());
        out.put(CHECKSUM, checksum.getValue());
    }

    private String name() {
        return file.toAbsolutePath().normalize().toString();
    }

    /** Whether nothing was written to it yet. */
    boolean isEmpty() {
        return position == 0;
    }

    /**
     * Goes on in the file as it was when it was saved; what is behind is cut off before the next write. Another file
     * than the saved one that is not there is begun.
     *
     * @throws IllegalArgumentException if the file is missing, shorter, or does not begin with what was saved
     */
    void restore(CheckpointReader in) {
        boolean another = in.names().contains(FILE) && !name().equals(in.get(FILE, String.class));
        if (another && Files.notExists(file)) {
            return;
        }
        long saved = in.get(POSITION, Long.class);
        if (another && saved == 0 && size() > 0) {
            throw exists();
        }
        requireLength(saved);
        requireContent(saved, in.get(CHECKSUM, Long.class));
        position = saved;
        restored = true;
    }

    private void open() {
        if (channel != null) {
            return;
        }
        if (!restored) {
            create();
            return;
        }
        try {
            open(StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            channel.truncate(position);
            channel.position(position);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Cuts off at once what was written after the file was saved. */
    void cutOff() {
        if (restored && Files.exists(file)) {
            open();
        }
    }

    private void requireLength(long saved) {
        long found = Files.exists(file) ? size() : -1;
        if (found < saved && saved > 0) {
            throw new IllegalArgumentException("result file is " + (found < 0 ? "missing" : "too short") + ": file="
                    + file.toAbsolutePath() + ", bytes=" + Math.max(found, 0) + ", limit=" + saved
                    + ", which it had when the run was saved" + REMEDY);
        }
    }

    private void requireContent(long length, long saved) {
        checksum.reset();
        if (length > 0) {
            addToChecksum(length);
        }
        if (checksum.getValue() != saved) {
            throw new IllegalArgumentException("result file is not the one that was saved: file="
                    + file.toAbsolutePath() + ", bytes=" + length + ", crc32c=" + checksum.getValue() + ", expected="
                    + saved + REMEDY);
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
        if (channel != null) {
            try {
                channel.force(true);
            } catch (IOException e) {
                throw failed(e);
            }
        }
        return position;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        open();
        try {
            for (ByteBuffer left = ByteBuffer.wrap(bytes, offset, length); left.hasRemaining(); ) {
                channel.write(left);
            }
        } catch (IOException e) {
            cutBack(e);
            throw e;
        }
        checksum.update(bytes, offset, length);
        position += length;
    }

    /** Takes away what was written of bytes that do not fit. */
    private void cutBack(IOException failure) {
        try {
            channel.truncate(position);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
        }
    }
}
