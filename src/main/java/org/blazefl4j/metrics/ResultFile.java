package org.blazefl4j.metrics;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import org.blazefl4j.binding.Build;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.Libraries;
import org.jspecify.annotations.Nullable;

/**
 * A listener that writes a file of results. Each write is complete or has no effect, even when the disk is full. A
 * checkpoint records the file's name, length and checksum; a resumed run continues the file from there.
 */
abstract class ResultFile implements RoundListener<Object>, Checkpointable, AutoCloseable {

    private static final String FILE = "file";
    private static final String POSITION = "position";
    private static final String CHECKSUM = "crc32c";
    private static final String REMEDY = "; put it back, or name a new file for the rounds to come";

    private final Path file;
    /** Of everything written, so that a run does not continue another run's file. */
    private final CRC32C checksum = new CRC32C();

    private @Nullable FileChannel channel;
    private long position;
    private boolean restored;

    /**
     * Creates a new file, never overwriting results. A resumable file is only created at the first write, unless
     * {@link #restore} continues an existing one.
     *
     * @param type a class of the library that writes the file's format
     * @param library the library's name
     * @throws UncheckedIOException if the file exists or cannot be created
     * @throws IllegalStateException if the library is missing
     */
    ResultFile(Path file, boolean resumable, String type, String library) {
        this(file);
        Libraries.require(getClass(), type, Build.library(library));
        if (!resumable) {
            create();
        }
    }

    /** Writes a resumable file in a format that needs no library. */
    ResultFile(Path file) {
        this.file = file.toAbsolutePath();
    }

    private FileChannel create() {
        return open(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    private FileChannel open(OpenOption... options) {
        try {
            channel = FileChannel.open(file, options);
            return channel;
        } catch (FileAlreadyExistsException e) {
            throw new UncheckedIOException(exists().getMessage(), e);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private IllegalArgumentException exists() {
        return new IllegalArgumentException("result file exists: file=" + file + ", expected=a new file; name another");
    }

    private UncheckedIOException failed(IOException e) {
        Path folder = file.resolveSibling("");
        if (Causes.isNoSpace(e)) {
            return new UncheckedIOException(
                    "cannot write results: file=" + file + ", found=" + Causes.describe(e) + ", limit="
                            + folder.toFile().getUsableSpace()
                            + " bytes free; earlier results are complete; free some space, or name another folder",
                    e);
        }
        String found = Files.isDirectory(folder) ? Causes.describe(e) : folder + " is not a folder";
        return new UncheckedIOException(
                "cannot write results: file=" + file + ", found=" + found + "; name an existing, writable folder", e);
    }

    final Path path() {
        return file;
    }

    /** Whether nothing has been written to the file yet. */
    public final boolean isEmpty() {
        return position == 0;
    }

    /** Saves the file's name, length and checksum, after syncing the file to disk. */
    @Override
    public void save(CheckpointWriter out) {
        sync();
        out.put(FILE, name());
        out.put(POSITION, position);
        out.put(CHECKSUM, checksum.getValue());
    }

    private void sync() {
        if (channel != null) {
            try {
                channel.force(true);
            } catch (IOException e) {
                throw failed(e);
            }
        }
    }

    private String name() {
        return file.normalize().toString();
    }

    /**
     * Continues the file in its saved state; the next write cuts off what was written later. A file of another name
     * that does not exist starts empty.
     *
     * @throws IllegalArgumentException if the saved file is missing, shorter or different; it stays unchanged
     */
    @Override
    public void restore(CheckpointReader in) {
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

    /** Cuts off rows that a run wrote after its checkpoint, if it ends without writing more. */
    @Override
    public void runFinished(Simulation.Summary summary) {
        if (restored && Files.exists(file)) {
            open();
        }
    }

    private FileChannel open() {
        if (channel != null) {
            return channel;
        }
        if (!restored) {
            return create();
        }
        FileChannel opened = open(StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            return opened.truncate(position).position(position);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private void requireLength(long saved) {
        long found = Files.exists(file) ? size() : -1;
        if (found < saved && saved > 0) {
            throw new IllegalArgumentException(
                    "result file is " + (found < 0 ? "missing" : "too short") + ": file=" + file + ", bytes="
                            + Math.max(found, 0) + ", limit=" + saved + " or more, as when the run was saved" + REMEDY);
        }
    }

    private void requireContent(long length, long saved) {
        checksum.reset();
        if (length > 0) {
            addToChecksum(length);
        }
        if (checksum.getValue() != saved) {
            throw new IllegalArgumentException("result file is not the one that was saved: file=" + file + ", bytes="
                    + length + ", crc32c=" + checksum.getValue() + ", expected=" + saved + REMEDY);
        }
    }

    private void addToChecksum(long length) {
        try (InputStream content =
                new CheckedInputStream(new BufferedInputStream(Files.newInputStream(file)), checksum)) {
            content.skipNBytes(length);
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

    /**
     * Appends the bytes, or nothing.
     *
     * @throws UncheckedIOException if they cannot be written
     */
    final void write(byte[] bytes) {
        FileChannel out = open();
        try {
            for (ByteBuffer left = ByteBuffer.wrap(bytes); left.hasRemaining(); ) {
                out.write(left);
            }
        } catch (IOException e) {
            removePartialWrite(out, e);
            throw failed(e);
        }
        checksum.update(bytes);
        position += bytes.length;
    }

    private void removePartialWrite(FileChannel out, IOException failure) {
        try {
            out.truncate(position);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    @Override
    public void close() {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }
}
