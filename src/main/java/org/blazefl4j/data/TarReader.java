package org.blazefl4j.data;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.StreamCorruptedException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads the regular files of a tar archive in order. Supports what data archives need: ustar with octal sizes. */
final class TarReader {

    private static final int BLOCK = 512;
    private static final int NAME_LENGTH = 100;
    private static final int SIZE = 124;
    private static final int SIZE_LENGTH = 12;
    private static final int CHECKSUM = 148;
    private static final int CHECKSUM_LENGTH = 8;
    private static final int TYPE = 156;

    private final InputStream in;
    private final byte[] header = new byte[BLOCK];
    private long unread;
    private long padding;

    TarReader(InputStream in) {
        this.in = in;
    }

    /** Advances to the next regular file and returns its name without folders; null after the last. */
    @Nullable
    String next() throws IOException {
        do {
            in.skipNBytes(unread + padding);
            if (!readHeader()) {
                return null;
            }
            unread = octal(SIZE, SIZE_LENGTH);
            padding = -unread & BLOCK - 1;
        } while (header[TYPE] != '0' && header[TYPE] != 0);
        return baseName();
    }

    /** Returns the content of the current file, which is valid until the next one. */
    InputStream content() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] to, int offset, int length) throws IOException {
                if (unread == 0) {
                    return -1;
                }
                int found = in.read(to, offset, (int) Math.min(length, unread));
                if (found < 0) {
                    throw new EOFException("the archive ends within a file");
                }
                unread -= found;
                return found;
            }
        };
    }

    private boolean readHeader() throws IOException {
        if (in.readNBytes(header, 0, BLOCK) < BLOCK) {
            throw new EOFException("the archive ends without its end mark");
        }
        int sum = sum(0, BLOCK);
        if (sum == 0) {
            return false; // the end mark
        }
        int counted = sum - sum(CHECKSUM, CHECKSUM_LENGTH) + CHECKSUM_LENGTH * ' '; // the checksum counts as blanks
        if (counted != octal(CHECKSUM, CHECKSUM_LENGTH)) {
            throw new StreamCorruptedException("the checksum of a header in the archive is wrong");
        }
        return true;
    }

    private String baseName() {
        String path = new String(header, 0, NAME_LENGTH, StandardCharsets.UTF_8);
        int end = path.indexOf('\0');
        return path.substring(path.lastIndexOf('/') + 1, end < 0 ? path.length() : end);
    }

    private long octal(int from, int length) throws IOException {
        String digits = new String(header, from, length, StandardCharsets.US_ASCII)
                .replace('\0', ' ')
                .strip();
        if (!digits.matches("[0-7]{1,11}")) {
            throw new StreamCorruptedException("a header in the archive has no octal number at byte " + from);
        }
        return Long.parseLong(digits, 8);
    }

    private int sum(int from, int length) {
        int sum = 0;
        for (int i = from; i < from + length; i++) {
            sum += header[i] & 0xff;
        }
        return sum;
    }
}
