package org.blazefl4j.data;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import org.blazefl4j.util.Causes;

/** A data file, plain or gzip, with the name that messages use. */
record NamedContent(String name, Source source) {

    /** Opens a file. */
    interface Source {
        InputStream open() throws IOException;
    }

    /** The number of bytes that are enough to detect a file's kind. */
    private static final int START = 64;

    private static final int BUFFER = 1 << 16;

    static NamedContent of(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("no such data file: file=" + file + ", expected=a file; check the path");
        }
        return new NamedContent(file.toString(), () -> Files.newInputStream(file));
    }

    /** Finds a resource next to this class in the jar. */
    static NamedContent resource(String path) {
        return new NamedContent("embedded " + path, () -> {
            InputStream in = NamedContent.class.getResourceAsStream(path);
            if (in == null) {
                throw new IOException("not in the jar: file=" + path + "; build the library again");
            }
            return in;
        });
    }

    /** Returns the exception for a file that ends too early or cannot be unpacked. */
    static IOException damaged(String file, IOException cause) {
        return new IOException(
                "damaged data file: file=" + file + ", found=" + Causes.describe(cause) + "; get it again", cause);
    }

    /** Opens the content, unpacking gzip. */
    InputStream open() throws IOException {
        InputStream in = source.open();
        try {
            return unpacked(name, in);
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    /**
     * Wraps a file's content in a stream that unpacks it if it is gzip.
     *
     * @throws IOException if it is packed twice, or a web page that was saved in place of the file
     */
    static InputStream unpacked(String file, InputStream in) throws IOException {
        InputStream content = new BufferedInputStream(in, BUFFER);
        if (!isGzip(start(content))) {
            refusePage(file, start(content));
            return content;
        }
        InputStream unpacked = new BufferedInputStream(new GZIPInputStream(content, BUFFER), BUFFER);
        if (isGzip(start(unpacked))) {
            throw new IOException(
                    "data file is packed twice: file=" + file + ", found=gzip within gzip, expected=gzip or plain;"
                            + " unpack it once (gunzip), or get it again");
        }
        return unpacked;
    }

    private static byte[] start(InputStream in) throws IOException {
        in.mark(START);
        byte[] start = in.readNBytes(START);
        in.reset();
        return start;
    }

    private static void refusePage(String file, byte[] start) throws IOException {
        String text = new String(start, StandardCharsets.ISO_8859_1).strip().toLowerCase(Locale.ROOT);
        if (text.startsWith("<!doctype html") || text.startsWith("<html") || text.startsWith("<?xml")) {
            throw new IOException("a web page in place of the data file: file=" + file
                    + ", found=HTML or XML; open it to see what the server answered, and get the file again");
        }
    }

    private static boolean isGzip(byte[] bytes) {
        return bytes.length >= 2 && (bytes[0] & 0xff) == 0x1f && (bytes[1] & 0xff) == 0x8b;
    }
}
