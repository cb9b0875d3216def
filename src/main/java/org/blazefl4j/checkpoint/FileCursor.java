package org.blazefl4j.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads a file's numbers and texts in sequence, never beyond its end, whatever lengths the file claims. */
final class FileCursor {

    private final FileChannel file;
    private final long end;
    private final ByteBuffer window = ByteBuffer.allocate(1 << 16).limit(0);
    private long windowEnd;

    /** Reads from the start of the file to {@code end}. */
    FileCursor(FileChannel file, long end) {
        this.file = file;
        this.end = end;
    }

    long position() {
        return windowEnd - window.remaining();
    }

    byte[] bytes(long length) throws IOException, DamagedCheckpointException {
        require(length);
        byte[] bytes = new byte[(int) length];
        for (int at = 0; at < bytes.length; ) {
            int available = Math.min(bytes.length - at, available());
            window.get(bytes, at, available);
            at += available;
        }
        return bytes;
    }

    int u8() throws IOException, DamagedCheckpointException {
        return bytes(1)[0] & 0xFF;
    }

    int i32() throws IOException, DamagedCheckpointException {
        return ByteBuffer.wrap(bytes(Integer.BYTES)).getInt();
    }

    long i64() throws IOException, DamagedCheckpointException {
        return ByteBuffer.wrap(bytes(Long.BYTES)).getLong();
    }

    String text() throws IOException, DamagedCheckpointException {
        return new String(bytes(i32()), StandardCharsets.UTF_8);
    }

    Map<String, String> texts() throws IOException, DamagedCheckpointException {
        Map<String, String> texts = new LinkedHashMap<>();
        for (int left = i32(); left > 0; left--) {
            texts.put(text(), text());
        }
        return texts;
    }

    void skip(long length) throws DamagedCheckpointException {
        require(length);
        if (length <= window.remaining()) {
            window.position(window.position() + (int) length);
        } else {
            windowEnd = position() + length;
            window.limit(0);
        }
    }

    private void require(long length) throws DamagedCheckpointException {
        if (length < 0 || length > end - position()) {
            throw new DamagedCheckpointException(
                    "length out of range: position=" + position() + ", length=" + length + ", limit=" + end);
        }
    }

    /** Returns the number of bytes in the window, at least one. */
    private int available() throws IOException {
        if (!window.hasRemaining()) {
            window.clear();
            int read = file.read(window, windowEnd);
            window.flip();
            if (read <= 0) {
                throw new IOException("the file shrank while it was read: position=" + windowEnd);
            }
            windowEnd += read;
        }
        return window.remaining();
    }
}
