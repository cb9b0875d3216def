package org.blazefl4j.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.util.Causes;

/** One whole, undamaged file. Where entries lie is kept in memory, what is in them is read when it is asked for. */
final class CheckpointFile implements AutoCloseable {

    /** Where an entry's bytes lie. */
    record Span(long position, long length) {}

    private final Path path;
    private final FileChannel channel;
    private final Map<String, Map<String, Span>> parts = new LinkedHashMap<>();
    private Header header;

    private CheckpointFile(Path path) throws IOException {
        this.path = path;
        this.channel = FileChannel.open(path, StandardOpenOption.READ);
    }

    /**
     * Reads the whole file once and compares its checksum.
     *
     * @throws DamagedCheckpointException if it cannot be read or is not what was written
     * @throws CheckpointException if it is undamaged but of another version
     */
    static CheckpointFile open(Path path) throws DamagedCheckpointException {
        CheckpointFile file = null;
        try {
            file = new CheckpointFile(path);
            file.check();
            return file;
        } catch (IOException e) {
            close(file);
            throw new DamagedCheckpointException("cannot be read: found=" + Causes.describe(e));
        } catch (DamagedCheckpointException | RuntimeException e) {
            close(file);
            throw e;
        }
    }

    private static void close(CheckpointFile file) {
        if (file != null) {
            file.close();
        }
    }

    private void check() throws IOException, DamagedCheckpointException {
        long size = channel.size();
        long shortest = Format.MAGIC.length + Integer.BYTES + Format.DIGEST;
        if (size < shortest) {
            throw new DamagedCheckpointException("cut short: bytes=" + size + ", limit=" + shortest + " or more");
        }
        FileCursor cursor = new FileCursor(channel, size - Format.DIGEST);
        checkMagic(cursor.bytes(Format.MAGIC.length));
        checkDigest(size - Format.DIGEST);
        checkVersion(cursor.i32());
        header = new Header(cursor.i32(), cursor.text(), cursor.texts(), cursor.texts());
        index(cursor);
    }

    private static void checkMagic(byte[] magic) throws DamagedCheckpointException {
        if (!Arrays.equals(magic, Format.MAGIC)) {
            throw new DamagedCheckpointException("no checkpoint, or its start is damaged: first_bytes="
                    + HexFormat.of().formatHex(magic) + ", limit="
                    + HexFormat.of().formatHex(Format.MAGIC));
        }
    }

    private void checkDigest(long end) throws IOException, DamagedCheckpointException {
        MessageDigest digest = Format.newDigest();
        ByteBuffer chunk = ByteBuffer.allocate(Format.CHUNK);
        for (long at = 0; at < end; ) {
            read(chunk.clear().limit((int) Math.min(Format.CHUNK, end - at)), at);
            at += chunk.position();
            digest.update(chunk.flip());
        }
        byte[] found = digest.digest();
        byte[] written = new byte[Format.DIGEST];
        read(ByteBuffer.wrap(written), end);
        if (!Arrays.equals(found, written)) {
            throw new DamagedCheckpointException("damaged or cut short: sha256="
                    + HexFormat.of().formatHex(found) + ", limit="
                    + HexFormat.of().formatHex(written) + ", which it ends with");
        }
    }

    private void checkVersion(int version) {
        if (version != Format.VERSION) {
            throw new CheckpointException("checkpoint of another format: file=" + path + ", version=" + version
                    + ", limit=" + Format.VERSION + "; resume with the release of BlazeFL4J that wrote it");
        }
    }

    private void index(FileCursor cursor) throws IOException, DamagedCheckpointException {
        Map<String, Span> entries = null;
        for (int tag = cursor.u8(); tag != Format.END; tag = cursor.u8()) {
            if (tag == Format.PART) {
                entries = new LinkedHashMap<>();
                parts.put(cursor.text(), entries);
            } else if (tag == Format.ENTRY && entries != null) {
                String name = cursor.text();
                long length = cursor.i64();
                entries.put(name, new Span(cursor.position(), length));
                cursor.skip(length);
            } else {
                throw new DamagedCheckpointException(
                        "unknown tag: position=" + (cursor.position() - 1) + ", tag=" + tag + ", limit=0 to 2");
            }
        }
    }

    /** Fills the buffer up to its limit. */
    void read(ByteBuffer buffer, long position) throws IOException {
        for (long at = position; buffer.hasRemaining(); ) {
            int read = channel.read(buffer, at);
            if (read < 0) {
                throw new IOException("file became shorter while it was read: position=" + at);
            }
            at += read;
        }
    }

    Path path() {
        return path;
    }

    Header header() {
        return header;
    }

    /** The names of the parts, in the order in which they were saved. */
    Set<String> parts() {
        return parts.keySet();
    }

    /** The entries of one part. */
    CheckpointReader part(String name, ClassLoader classes) {
        return new PartReader(this, name, parts.get(name), classes);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("checkpoint did not close: file=" + path, e);
        }
    }
}
