package org.blazefl4j.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * The frame of a message, little endian. The body is one value; every value starts with the number of its {@link Kind}.
 *
 * <pre>
 *   0        4        8
 *   +--------+--------+----------
 *   | format | CRC-32C| body ...
 *   +--------+--------+----------
 * </pre>
 */
public final class Message {

    public static final int HEADER_BYTES = 8;

    /** The largest message. Bulk data belongs in tensors. */
    public static final int MAX_BYTES = 1 << 30;

    /** Precedes the elements of a set or map that can be filled at once. */
    static final int NOT_DEFERRED = -1;

    static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int FORMAT = 'B' | 'F' << 8 | 'L' << 16 | 1 << 24;

    private Message() {}

    /** Writes the header once the body is complete. */
    public static void seal(byte[] bytes, int offset, int length) {
        INT.set(bytes, offset, FORMAT);
        INT.set(bytes, offset + 4, checksum(bytes, offset, length));
    }

    /**
     * Checks a message's header against its body.
     *
     * @throws PackageFormatException if the bytes are not a message, or a damaged one
     */
    static void check(byte[] bytes, int offset, int length) {
        if (length <= HEADER_BYTES || length > MAX_BYTES) {
            throw new PackageFormatException(
                    "no package: bytes=" + length + ", limit=" + (HEADER_BYTES + 1) + " to " + MAX_BYTES);
        }
        int format = (int) INT.get(bytes, offset);
        if (format != FORMAT) {
            throw new PackageFormatException("no package: format=" + Integer.toHexString(format) + ", expected="
                    + Integer.toHexString(FORMAT) + "; both sides need the same version of the library");
        }
        int stated = (int) INT.get(bytes, offset + 4);
        int found = checksum(bytes, offset, length);
        if (stated != found) {
            throw new PackageFormatException("package damaged: bytes=" + length + ", checksum="
                    + Integer.toHexString(found) + ", expected=" + Integer.toHexString(stated));
        }
    }

    private static int checksum(byte[] bytes, int offset, int length) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes, offset + HEADER_BYTES, length - HEADER_BYTES);
        return (int) checksum.getValue();
    }
}
