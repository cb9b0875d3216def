package org.blazefl4j.checkpoint;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.blazefl4j.checkpoint.CheckpointFile.Header;
import org.blazefl4j.codec.ByteTensors;
import org.blazefl4j.codec.PackageBytes;
import org.blazefl4j.codec.PackageFormatException;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.util.Sha256;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Writes one file from front to back. Uses memory for the largest entry and the names of a part's entries. */
final class CheckpointOutput {

    private final OutputStream file;
    private final DigestOutputStream digested;
    private final DataOutputStream out;

    /** Begins the file; the caller closes the stream. */
    CheckpointOutput(OutputStream file, Header header) throws IOException {
        this.file = file;
        this.digested =
                new DigestOutputStream(new BufferedOutputStream(file, CheckpointFile.CHUNK), Sha256.newDigest());
        this.out = new DataOutputStream(digested);
        out.write(CheckpointFile.MAGIC);
        out.writeInt(CheckpointFile.VERSION);
        out.writeInt(header.round());
        text(header.createdBy());
        texts(header.configuration());
        texts(header.environment());
    }

    /** Writes the entries of a part. */
    void part(String name, Checkpointable part) throws IOException {
        out.writeByte(CheckpointFile.PART);
        text(name);
        try {
            part.save(new Entries(name, part.getClass().getClassLoader()));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Ends the file with its checksum. */
    void finish() throws IOException {
        out.writeByte(CheckpointFile.END);
        out.flush();
        file.write(digested.getMessageDigest().digest());
    }

    private void text(String value) throws IOException {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        out.writeInt(utf8.length);
        out.write(utf8);
    }

    private void texts(Map<String, String> values) throws IOException {
        out.writeInt(values.size());
        for (Map.Entry<String, String> value : values.entrySet()) {
            text(value.getKey());
            text(value.getValue());
        }
    }

    /** The entries of one part. */
    private final class Entries implements CheckpointWriter {

        private final String part;
        private final ClassLoader classes;
        private final Set<String> names = new HashSet<>();

        Entries(String part, ClassLoader classes) {
            this.part = part;
            this.classes = classes;
        }

        @Override
        public void put(String name, @Nullable Object value) {
            if (!names.add(name)) {
                throw new IllegalArgumentException(
                        "entry put twice: part=" + part + ", entry=" + name + "; give each entry another name");
            }
            try (Tensor encoded = PackageBytes.encode(value)) {
                requireReadable(name, value, encoded);
                out.writeByte(CheckpointFile.ENTRY);
                text(name);
                out.writeLong(encoded.numel());
                ByteTensors.write(encoded, Channels.newChannel(out));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Fails now rather than when the run is resumed. */
        private void requireReadable(String name, @Nullable Object value, Tensor encoded) {
            if (value == null || value instanceof Tensor) {
                return;
            }
            try {
                PackageBytes.requireDeclared(encoded, classes, value.getClass());
            } catch (PackageFormatException e) {
                throw new IllegalArgumentException(
                        "entry could not be read back: part=" + part + ", entry=" + name + "; " + e.getMessage(), e);
            }
        }
    }
}
