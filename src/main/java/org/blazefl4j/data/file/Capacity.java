package org.blazefl4j.data.file;

import java.io.IOException;
import java.nio.file.Path;

/** Lengths of arrays. */
final class Capacity {

    /** The length that HotSpot gives an array at most, with a margin; {@link Integer#MAX_VALUE} is too long. */
    static final int MOST = Integer.MAX_VALUE - 8;

    private Capacity() {}

    /** Returns twice a length, or the limit if that is less; refuses a file whose array is at the limit. */
    static int next(Path file, String what, int length, int limit) throws IOException {
        if (length >= limit) {
            throw new IOException("too many " + what + ": file=" + file + ", " + what + "=more than " + length
                    + ", limit=" + limit + "; take a part of them");
        }
        return (int) Math.min(2L * length, limit);
    }
}
