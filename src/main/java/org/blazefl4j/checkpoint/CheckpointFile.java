package org.blazefl4j.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.blazefl4j.codec.ByteTensors;
import org.blazefl4j.codec.PackageBytes;
import org.blazefl4j.codec.PackageFormatException;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.Sha256;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * An intact file. Keeps the positions of entries in memory and reads their content on demand.
 *
 * <p>Numbers are big-endian; a text is its length in bytes (4 bytes) and its UTF-8; texts by name are their number (4
 * bytes) and name and value of each.
 *
 * <ol>
 *   <li>the 8 bytes {@code BFL4JCKP}, and the version of the format (4 bytes), which is 1
 *   <li>the number of completed rounds (4 bytes), the version of the library that wrote it (text), the configuration
 *       and the numeric environment (texts by name)
 *   <li>for each part: the byte 1 and its name (text); for each of its entries: the byte 2, its name (text), its length
 *       in bytes (8 bytes) and the value, encoded as in packages to worker processes
 *   <li>the byte 0
 *   <li>the SHA-256 of everything before it (32 bytes)
 * </ol>
 */
final class CheckpointFile implements AutoCloseable {

    static final byte[] MAGIC = "BFL4JCKP".getBytes(StandardCharsets.US_ASCII);

    static final int VERSION = 1;

    static final int END = 0;

    static final int PART = 1;
    static final int ENTRY = 2;

    /** The size of the SHA-256 at the end of every file of any version. */
    static final int DIGEST_BYTES = 32;

    /** The number of bytes to read or write at a time. */
    static final int CHUNK = 1 << 20;

    /**
     * Describes a file, as text, so that reading it does not need the library that wrote it.
     *
     * @param round the number of completed rounds
     * @param createdBy the version of the library that wrote it
     */
    record Header(int round, String createdBy, Map<String, String> configuration, Map<String, String> environment) {}

    /** The position of an entry's bytes. */
    private record Span(long position, long length) {}

    private final Path path;
    private final FileChannel channel;
    private final Map<String, Map<String, Span>> parts = new LinkedHashMap<>();
    private final Header header;

    private CheckpointFile(Path path) throws IOException, DamagedCheckpointException {
        this.path = path;
        this.channel = FileChannel.open(path, StandardOpenOption.READ);
        try {
            this.header = check();
        } catch (IOException | DamagedCheckpointException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Reads the whole file once and verifies its checksum.
     *
     * @throws DamagedCheckpointException if the file is unreadable or damaged
     * @throws CheckpointException if the file is intact but of another version
     */
    static CheckpointFile open(Path path) throws DamagedCheckpointException {
        try {
            return new CheckpointFile(path);
        } catch (IOException e) {
            throw new DamagedCheckpointException("cannot be read: found=" + Causes.describe(e));
        }
    }

    private Header check() throws IOException, DamagedCheckpointException {
        long size = channel.size();
        long shortest = MAGIC.length + Integer.BYTES + DIGEST_BYTES;
        if (size < shortest) {
            throw new DamagedCheckpointException("cut short: bytes=" + size + ", limit=" + shortest + " or more");
        }
        FileCursor cursor = new FileCursor(channel, size - DIGEST_BYTES);
        byte[] magic = cursor.bytes(MAGIC.length);
        if (!Arrays.equals(magic, MAGIC)) {
            throw new DamagedCheckpointException("not a checkpoint, or its start is damaged: first_bytes=" + hex(magic)
                    + ", expected=" + hex(MAGIC));
        }
        checkDigest(size - DIGEST_BYTES);
        int version = cursor.i32();
        if (version != VERSION) {
            throw new CheckpointException("checkpoint of another format: file=" + path + ", version=" + version
                    + ", expected=" + VERSION + "; resume with the release of BlazeFL4J that wrote it");
        }
        Header read = new Header(cursor.i32(), cursor.text(), cursor.texts(), cursor.texts());
        index(cursor);
        return read;
    }

    private void checkDigest(long end) throws IOException, DamagedCheckpointException {
        MessageDigest digest = Sha256.newDigest();
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
        for (long at = 0; at < end; ) {
            read(chunk.clear().limit((int) Math.min(CHUNK, end - at)), at);
            at += chunk.position();
            digest.update(chunk.flip());
        }
        byte[] found = digest.digest();
        byte[] written = new byte[DIGEST_BYTES];
        read(ByteBuffer.wrap(written), end);
        if (!Arrays.equals(found, written)) {
            throw new DamagedCheckpointException(
                    "damaged or cut short: sha256=" + hex(found) + ", expected=" + hex(written) + " as at its end");
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private void index(FileCursor cursor) throws IOException, DamagedCheckpointException {
        Map<String, Span> entries = null;
        for (int tag = cursor.u8(); tag != END; tag = cursor.u8()) {
            if (tag == PART) {
                entries = new LinkedHashMap<>();
                parts.put(cursor.text(), entries);
            } else if (tag == ENTRY && entries != null) {
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
    private void read(ByteBuffer buffer, long position) throws IOException {
        for (long at = position; buffer.hasRemaining(); ) {
            int read = channel.read(buffer, at);
            if (read < 0) {
                throw new IOException("the file shrank while it was read: position=" + at);
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

    /** Returns the entries of a part, decoded with the given class loader. */
    CheckpointReader part(String name, ClassLoader classes) {
        return new Entries(name, parts.getOrDefault(name, Map.of()), classes);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close the checkpoint: file=" + path, e);
        }
    }

    /** The entries of one part. */
    private final class Entries implements CheckpointReader {

        private final String part;
        private final Map<String, Span> entries;
        private final ClassLoader classes;

        Entries(String part, Map<String, Span> entries, ClassLoader classes) {
            this.part = part;
            this.entries = entries;
            this.classes = classes;
        }

        @Override
        @SuppressWarnings("NullAway") // T is nullable if null was put; the check does not follow type arguments
        public <T extends @Nullable Object> T get(String name, Class<T> type) {
            Span span = entries.get(name);
            if (span == null) {
                throw new IllegalArgumentException(
                        "no such entry: part=" + part + ", entry=" + name + ", found=" + entries.keySet());
            }
            try (Tensor bytes = read(span)) {
                return type.cast(PackageBytes.decode(bytes, classes, type));
            } catch (PackageFormatException e) {
                throw new IllegalArgumentException(
                        "entry of another type: part=" + part + ", entry=" + name + ", expected=" + type.getName()
                                + "; " + e.getMessage(),
                        e);
            } catch (IOException e) {
                throw new UncheckedIOException(
                        "checkpoint cannot be read: file=" + path + ", found=" + Causes.describe(e), e);
            }
        }

        private Tensor read(Span span) throws IOException {
            LibTorch.load();
            return ByteTensors.read(span.length, channel.position(span.position));
        }

        @Override
        public Set<String> names() {
            return Collections.unmodifiableSet(entries.keySet());
        }
    }
}
