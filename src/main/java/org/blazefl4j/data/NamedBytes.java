package org.blazefl4j.data;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.blazefl4j.util.Causes;

/** A whole data file, packed or not, with the name that messages give it. */
record NamedBytes(String name, byte[] bytes) {

    /** No gzip stream is larger unpacked than this times its packed size. */
    private static final long HIGHEST_GZIP_RATIO = 1032;

    static NamedBytes read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("no such data file: file=" + file + ", limit=a file; name one that is there");
        }
        return new NamedBytes(file.toString(), Files.readAllBytes(file));
    }

    /** Reads the first of these files that a folder has. */
    static NamedBytes firstOf(Path folder, String... names) throws IOException {
        for (String name : names) {
            Path file = folder.resolve(name);
            if (Files.isRegularFile(file)) {
                return read(file);
            }
        }
        throw new IOException("no such data file: folder=" + folder + ", limit=one of " + Arrays.toString(names)
                + "; name the folder that holds it");
    }

    /** Reads a file that lies beside this class in the jar. */
    static NamedBytes resource(String path) throws IOException {
        try (InputStream in = NamedBytes.class.getResourceAsStream(path)) {
            if (in == null) {
                throw new IOException(
                        "not in the jar: file=" + path + ", limit=all data files; build the library again");
            }
            return new NamedBytes("embedded " + path, in.readAllBytes());
        }
    }

    /** What to throw when a file ends too early or does not unpack. */
    static IOException damaged(String file, IOException cause) {
        return new IOException(
                "damaged data file: file=" + file + ", found=" + Causes.describe(cause)
                        + ", limit=a whole file; get it again",
                cause);
    }

    /** The content, unpacked where the first two bytes say that it is gzip. */
    InputStream content() throws IOException {
        ByteArrayInputStream packed = new ByteArrayInputStream(bytes);
        return isGzip() ? new GZIPInputStream(packed, 1 << 16) : packed;
    }

    /** What the content's size cannot exceed. */
    long highestSize() {
        return isGzip() ? bytes.length * HIGHEST_GZIP_RATIO : bytes.length;
    }

    private boolean isGzip() {
        return bytes.length >= 2 && (bytes[0] & 0xff) == 0x1f && (bytes[1] & 0xff) == 0x8b;
    }
}
