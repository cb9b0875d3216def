package org.blazefl4j.data.file;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An array in NumPy's format, of which the elements are still to be read: a magic number, a version, the length of the
 * header, the header as a Python dictionary in ASCII, and the elements in row-major order.
 *
 * @param name where it was read, for messages
 * @param type the element type, such as {@code f4}, without the byte order
 * @param bytes the length of the elements in the file
 */
record NpyArray(String name, String type, ByteOrder order, long[] shape, long bytes, InputStream elements) {

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int LONGEST_HEADER = 1 << 16;
    private static final int CHUNK = 1 << 16;
    private static final Pattern TYPE = Pattern.compile("'descr':\\s*'([<>|=])([a-zA-Z]\\d*)'");
    private static final Pattern ORDER = Pattern.compile("'fortran_order':\\s*(True|False)");
    private static final Pattern SHAPE = Pattern.compile("'shape':\\s*\\(([\\d,\\s]*)\\)");

    /** Takes one element after another. */
    interface Sink {
        void accept(int position, double value) throws IOException;
    }

    /** Reads the header of a file with so many bytes. */
    static NpyArray open(String name, InputStream in, long bytes) throws IOException {
        byte[] start = in.readNBytes(8);
        if (start.length < 8 || !Arrays.equals(start, 0, 6, MAGIC, 0, 6)) {
            throw new IOException("not an array of NumPy: file=" + name + ", expected=a file that numpy.save wrote");
        }
        int lengthBytes = start[6] == 1 ? 2 : 4;
        byte[] length = Arrays.copyOf(in.readNBytes(lengthBytes), 4);
        int size = ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getInt();
        if (size < 0 || size > LONGEST_HEADER) {
            throw new IOException("damaged array: file=" + name + ", header bytes=" + Integer.toUnsignedString(size)
                    + ", limit=" + LONGEST_HEADER + "; save it again");
        }
        String header = new String(in.readNBytes(size), StandardCharsets.ISO_8859_1);
        Matcher type = TYPE.matcher(header);
        Matcher order = ORDER.matcher(header);
        Matcher shape = SHAPE.matcher(header);
        if (!type.find() || !order.find() || !shape.find()) {
            throw new IOException("array of another kind: file=" + name + ", header=" + header.strip()
                    + ", expected=numbers of one type; save it with such a dtype");
        }
        if (order.group(1).equals("True")) {
            throw new IOException("array by columns: file=" + name
                    + ", fortran_order=True, expected=False; save numpy.ascontiguousarray of it");
        }
        return new NpyArray(
                name,
                type.group(2),
                type.group(1).equals(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN,
                dimensions(name, shape.group(1)),
                bytes - start.length - lengthBytes - size,
                in);
    }

    private static long[] dimensions(String name, String text) throws IOException {
        try {
            return Arrays.stream(text.split(","))
                    .map(String::strip)
                    .filter(each -> !each.isEmpty())
                    .mapToLong(Long::parseLong)
                    .toArray();
        } catch (NumberFormatException e) {
            throw new IOException("damaged array: file=" + name + ", shape=" + text + "; save it again", e);
        }
    }

    boolean isBytes() {
        return type.equals("u1");
    }

    /** Returns the number of elements, if an array in Java can have so many and the file does. */
    int size() throws IOException {
        try {
            long size = Arrays.stream(shape).reduce(1, Math::multiplyExact);
            if (size > 0 && size <= Capacity.MOST) {
                if (size * width() > bytes) {
                    throw cut(Math.max(0, bytes) / width(), size);
                }
                return (int) size;
            }
        } catch (ArithmeticException e) {
            // refused below
        }
        throw new IOException("array of another size: file=" + name + ", shape=" + Arrays.toString(shape)
                + ", limit=1 to " + Capacity.MOST + " elements; save a part of it");
    }

    private IOException cut(long found, long size) {
        return new IOException("damaged array: file=" + name + ", found=the end after element " + found + ", expected="
                + size + " elements; save it again");
    }

    /** Reads all elements, in row-major order. */
    void read(Sink sink) throws IOException {
        int width = width();
        int size = size();
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK).order(order);
        for (int at = 0; at < size; ) {
            int wanted = (int) Math.min(CHUNK, (long) (size - at) * width);
            int found = elements.readNBytes(chunk.array(), 0, wanted);
            if (found < wanted) {
                throw cut(at + found / width, size);
            }
            for (int i = 0; i < wanted; i += width) {
                sink.accept(at++, element(chunk, i));
            }
        }
        if (elements.read() >= 0) {
            throw new IOException(
                    "damaged array: file=" + name + ", found=more than " + size + " elements; save it again");
        }
    }

    private int width() throws IOException {
        return switch (type) {
            case "b1", "i1", "u1" -> 1;
            case "i2", "u2" -> 2;
            case "i4", "u4", "f4" -> 4;
            case "i8", "u8", "f8" -> 8;
            default ->
                throw new IOException("array of another type: file=" + name + ", type=" + type
                        + ", expected=one of b1, i1, i2, i4, i8, u1, u2, u4, u8, f4, f8; convert it with astype");
        };
    }

    private double element(ByteBuffer chunk, int at) {
        return switch (type) {
            case "b1", "i1" -> chunk.get(at);
            case "u1" -> chunk.get(at) & 0xff;
            case "i2" -> chunk.getShort(at);
            case "u2" -> chunk.getShort(at) & 0xffff;
            case "i4" -> chunk.getInt(at);
            case "u4" -> chunk.getInt(at) & 0xffff_ffffL;
            case "f4" -> chunk.getFloat(at);
            case "f8" -> chunk.getDouble(at);
            default -> chunk.getLong(at);
        };
    }
}
