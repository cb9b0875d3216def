package org.blazefl4j.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Encodes records of TensorBoard's event files. A record is an {@code Event} message of protocol buffers in the frame
 * of a TFRecord, in little-endian order:
 *
 * <pre>
 * | uint64 length | uint32 masked CRC32C of the length | message | uint32 masked CRC32C of the message |
 * </pre>
 */
final class EventRecord {

    /** The content of the first record of every file. */
    static final String VERSION = "brain.Event:2";

    private static final int MASK_DELTA = 0xa282ead8;

    /** Types of fields in protocol buffers. */
    private static final int VARINT = 0;

    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    /** {@code SessionLog.SessionStatus.START}. */
    private static final long START = 1;

    private final ByteArrayOutputStream message = new ByteArrayOutputStream();

    private EventRecord() {}

    /** Returns the first record of a file. */
    static byte[] version(double wallTime) {
        return event(wallTime).bytes(3, VERSION.getBytes(UTF_8)).framed();
    }

    /** Returns the record by which readers discard what earlier files have of this step and later ones. */
    static byte[] start(double wallTime, long step) {
        return event(wallTime)
                .varint(2, step)
                .bytes(7, new EventRecord().varint(1, START).encoded())
                .framed();
    }

    /** Returns a record of scalars by tag. */
    static byte[] scalars(double wallTime, long step, Map<String, Float> scalars) {
        EventRecord summary = new EventRecord();
        scalars.forEach((tag, value) -> summary.bytes(
                1,
                new EventRecord()
                        .bytes(1, tag.getBytes(UTF_8))
                        .fixed32(2, Float.floatToRawIntBits(value))
                        .encoded()));
        return event(wallTime).varint(2, step).bytes(5, summary.encoded()).framed();
    }

    private static EventRecord event(double wallTime) {
        return new EventRecord().fixed64(1, Double.doubleToRawLongBits(wallTime));
    }

    private EventRecord varint(int field, long value) {
        key(field, VARINT);
        return varint(value);
    }

    private EventRecord fixed32(int field, int value) {
        key(field, FIXED32);
        message.writeBytes(littleEndian(Integer.BYTES).putInt(value).array());
        return this;
    }

    private EventRecord fixed64(int field, long value) {
        key(field, FIXED64);
        message.writeBytes(littleEndian(Long.BYTES).putLong(value).array());
        return this;
    }

    private EventRecord bytes(int field, byte[] value) {
        key(field, BYTES);
        varint(value.length);
        message.writeBytes(value);
        return this;
    }

    private void key(int field, int type) {
        varint((long) field << 3 | type);
    }

    private EventRecord varint(long value) {
        long left = value;
        for (; (left & ~0x7fL) != 0; left >>>= 7) {
            message.write((int) left & 0x7f | 0x80);
        }
        message.write((int) left);
        return this;
    }

    private byte[] encoded() {
        return message.toByteArray();
    }

    private byte[] framed() {
        byte[] content = encoded();
        byte[] length = littleEndian(Long.BYTES).putLong(content.length).array();
        return littleEndian(Long.BYTES + 2 * Integer.BYTES + content.length)
                .put(length)
                .putInt(maskedCrc(length))
                .put(content)
                .putInt(maskedCrc(content))
                .array();
    }

    private static int maskedCrc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK_DELTA;
    }

    private static ByteBuffer littleEndian(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
}
