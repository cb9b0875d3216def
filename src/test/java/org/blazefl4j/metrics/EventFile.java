package org.blazefl4j.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;

/** Decodes TensorBoard's event files. Fails on anything but whole records with the right checksums and known fields. */
public final class EventFile {

    /** An event; the scalars are empty unless it has a summary. */
    public record Event(
            double wallTime, long step, Optional<String> version, boolean start, Map<String, Float> scalars) {}

    private EventFile() {}

    /** Returns all events of a file. */
    public static List<Event> decode(byte[] file) {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        List<Event> events = new ArrayList<>();
        while (in.hasRemaining()) {
            byte[] length = take(in, Long.BYTES);
            requireCrc(in, length);
            byte[] content = take(in, Math.toIntExact(little(length).getLong()));
            requireCrc(in, content);
            events.add(event(little(content)));
        }
        return events;
    }

    private static void requireCrc(ByteBuffer in, byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        long masked = ((crc.getValue() >> 15 | crc.getValue() << 17) + 0xa282ead8L) & 0xffffffffL;
        assertThat(Integer.toUnsignedLong(in.getInt())).as("masked CRC32C").isEqualTo(masked);
    }

    private static Event event(ByteBuffer in) {
        double wallTime = Double.NaN;
        long step = 0;
        Optional<String> version = Optional.empty();
        boolean start = false;
        Map<String, Float> scalars = new LinkedHashMap<>();
        while (in.hasRemaining()) {
            long key = varint(in);
            switch ((int) key) {
                case 1 << 3 | 1 -> wallTime = in.getDouble();
                case 2 << 3 -> step = varint(in);
                case 3 << 3 | 2 -> version = Optional.of(new String(bytes(in), UTF_8));
                case 5 << 3 | 2 -> summary(little(bytes(in)), scalars);
                case 7 << 3 | 2 -> {
                    assertThat(bytes(in)).as("session log").containsExactly(1 << 3, 1);
                    start = true;
                }
                default -> throw new AssertionError("unknown field of an event: key=" + key);
            }
        }
        return new Event(wallTime, step, version, start, scalars);
    }

    private static void summary(ByteBuffer in, Map<String, Float> scalars) {
        while (in.hasRemaining()) {
            assertThat(varint(in)).as("key of a value").isEqualTo(1 << 3 | 2);
            ByteBuffer value = little(bytes(in));
            assertThat(varint(value)).as("key of a tag").isEqualTo(1 << 3 | 2);
            String tag = new String(bytes(value), UTF_8);
            assertThat(varint(value)).as("key of a simple value").isEqualTo(2 << 3 | 5);
            assertThat(scalars.put(tag, value.getFloat())).as(tag).isNull();
            assertThat(value.hasRemaining()).as("more fields").isFalse();
        }
    }

    private static byte[] bytes(ByteBuffer in) {
        return take(in, Math.toIntExact(varint(in)));
    }

    private static byte[] take(ByteBuffer in, int length) {
        assertThat(in.remaining()).as("bytes left").isGreaterThanOrEqualTo(length);
        byte[] taken = new byte[length];
        in.get(taken);
        return taken;
    }

    private static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = in.get();
            value |= (next & 0x7fL) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }
}
