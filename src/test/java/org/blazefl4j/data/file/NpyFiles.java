package org.blazefl4j.data.file;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes files of NumPy's format. */
final class NpyFiles {

    record Entry(String name, byte[] content) {}

    private NpyFiles() {}

    static Entry entry(String name, String type, String shape, byte[] elements) {
        return new Entry(name, npy(type, shape, elements));
    }

    static byte[] npy(String type, String shape, byte[] elements) {
        String header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }\n";
        return ByteBuffer.allocate(10 + header.length() + elements.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) 0x93)
                .put("NUMPY".getBytes(StandardCharsets.US_ASCII))
                .put((byte) 1)
                .put((byte) 0)
                .putShort((short) header.length())
                .put(header.getBytes(StandardCharsets.US_ASCII))
                .put(elements)
                .array();
    }

    static Path npz(Path file, List<Entry> entries) {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            for (Entry each : entries) {
                zip.putNextEntry(new ZipEntry(each.name() + ".npy"));
                zip.write(each.content());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file;
    }

    static byte[] longs(long... values) {
        ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        Arrays.stream(values).forEach(bytes::putLong);
        return bytes.array();
    }

    static byte[] bigDoubles(double... values) {
        ByteBuffer bytes = ByteBuffer.allocate(8 * values.length);
        Arrays.stream(values).forEach(bytes::putDouble);
        return bytes.array();
    }
}
