package org.blazefl4j.checkpoint;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads a file's numbers and texts in sequence, never beyond its end, whatever lengths the file claims. */
final class FileCursor {

    private final DataInputStream in;
    private final long end;
    private long position;

    /** Reads from the start of the file to {@code end}. */
    FileCursor(FileChannel file, long end) {
        this.in = new DataInputStream(new BufferedInputStream(Channels.newInputStream(file), 1 << 16));
        this.end = end;
    }

    long position() {
        return position;
    }

    byte[] bytes(int length) throws IOException, DamagedCheckpointException {
        advance(length);
        return in.readNBytes(length);
    }

    int u8() throws IOException, DamagedCheckpointException {
        advance(1);
        return in.readUnsignedByte();
    }

    int i32() throws IOException, DamagedCheckpointException {
        advance(Integer.BYTES);
        return in.readInt();
    }

    long i64() throws IOException, DamagedCheckpointException {
        advance(Long.BYTES);
        return in.readLong();
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

    void skip(long length) throws IOException, DamagedCheckpointException {
        advance(length);
        in.skipNBytes(length);
    }

    private void advance(long length) throws DamagedCheckpointException {
        if (length < 0 || length > end - position) {
            throw new DamagedCheckpointException(
                    "length out of range: position=" + position + ", length=" + length + ", limit=" + end);
        }
        position += length;
    }
}
