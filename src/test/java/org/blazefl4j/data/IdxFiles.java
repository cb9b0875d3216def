package org.blazefl4j.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** Creates the bytes of IDX files. */
final class IdxFiles {

    private IdxFiles() {}

    /** Returns an IDX file of bytes with the given dimensions, which need not fit the body. */
    static byte[] idx(byte[] body, int... dimensions) {
        ByteBuffer file = ByteBuffer.allocate(4 + 4 * dimensions.length + body.length);
        file.putInt(0x0800 + dimensions.length);
        for (int dimension : dimensions) {
            file.putInt(dimension);
        }
        return file.put(body).array();
    }

    static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new BestGzip(packed)) {
            out.write(content);
        }
        return packed.toByteArray();
    }

    private static final class BestGzip extends GZIPOutputStream {
        BestGzip(OutputStream out) throws IOException {
            super(out);
            def.setLevel(Deflater.BEST_COMPRESSION);
        }
    }
}
