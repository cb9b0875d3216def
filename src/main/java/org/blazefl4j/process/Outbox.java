package org.blazefl4j.process;

import java.nio.ByteBuffer;
import org.blazefl4j.binding.AreaLayout;
import org.blazefl4j.binding.Native;
import org.blazefl4j.codec.PackageEncoder;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SegmentMemory;
import org.blazefl4j.shm.TensorMemory;

/**
 * Writes one message at a time for another process, which reads it with an {@link Inbox} on the same area. A message
 * that does not fit in the area goes to a separate segment, which grows as needed. {@code native/include/bfl_areas.h}
 * shows the layout.
 */
final class Outbox implements AutoCloseable {

    /** The most that a segment reserves for longer messages. */
    private static final long MOST_SPARE = 1 << 20;

    /** NaN in floating-point types of any size. */
    private static final int POISON = 0xff;

    private final Board.Area area;
    private final PackageEncoder encoder;

    /** The whole area. Kept, because creating a view for each message is slow. */
    private final ByteBuffer bytes;

    private Segment own;
    private long sentStart;
    private int sentBytes;
    private boolean sentInArea;

    Outbox(Board.Area area, PackageEncoder encoder) {
        this.area = area;
        this.encoder = encoder;
        this.bytes = area.view(0, area.bytes());
    }

    /**
     * Writes a message in place of the last one.
     *
     * @throws IllegalArgumentException if something in it cannot cross
     * @throws IllegalStateException if there is too little shared memory
     */
    void send(Object graph, MessagePlacer placer) {
        long needed = own == null ? sendInArea(graph, placer) : sendInSegment(graph, placer);
        if (needed > 0) {
            grow(needed);
            sendInSegment(graph, placer);
        }
    }

    /** Writes a message that was {@link #sent} before with the same encoder. */
    void send(byte[] message) {
        long start = area.offset() + AreaLayout.MESSAGE_CONTENT;
        inArea(start).put(message);
        writeHeader(area.segment(), start, message.length);
    }

    /** Returns the last message with its table, to be sent again, or null if it is too long. */
    byte[] sent() {
        if (sentBytes > area.bytes() - AreaLayout.MESSAGE_CONTENT) {
            return null;
        }
        byte[] message = new byte[sentBytes];
        ByteBuffer from = sentInArea ? inArea(sentStart) : SegmentMemory.view(own, sentStart, sentBytes);
        from.get(message);
        return message;
    }

    private long sendInArea(Object graph, MessagePlacer placer) {
        long offset = area.offset() + AreaLayout.MESSAGE_CONTENT;
        return attempt(graph, placer, area.segment(), offset, area.bytes() - AreaLayout.MESSAGE_CONTENT);
    }

    private long sendInSegment(Object graph, MessagePlacer placer) {
        return attempt(graph, placer, own, 0, own.bytes());
    }

    /** Returns 0, or the bytes that the message needs if it does not fit. */
    private long attempt(Object graph, MessagePlacer placer, Segment space, long offset, long bytes) {
        SegmentTable table = new SegmentTable();
        placer.start(table, space, offset);
        ByteBuffer body = encoder.encode(graph, placer);
        int messageBytes = table.bytes() + body.remaining();
        long start = TensorMemory.aligned(offset + placer.used());
        if (start - offset + messageBytes > bytes) {
            return start - offset + messageBytes;
        }
        placer.finish();
        ByteBuffer message = space == own ? SegmentMemory.view(space, start, messageBytes) : inArea(start);
        table.write(message);
        message.put(body);
        writeHeader(space, start, messageBytes);
        return 0;
    }

    /**
     * Returns the path of the tensor in the last message that contains a place, or null if none does.
     *
     * @param graph the package that was sent
     */
    String pathAt(ForbiddenWrite place, Object graph, MessagePlacer placer) {
        SegmentTable table = new SegmentTable();
        placer.start(
                table, sentInArea ? area.segment() : own, sentInArea ? area.offset() + AreaLayout.MESSAGE_CONTENT : 0);
        String[] found = new String[1];
        encoder.encode(graph, (path, tensor, layout, unbounded) -> {
            ShmHandle handle = placer.place(path, tensor, layout, unbounded);
            if (found[0] == null && place.isWithin(table.get(handle), handle.offset(), handle.bytes())) {
                found[0] = path.get();
            }
            return handle;
        });
        return found[0];
    }

    private ByteBuffer inArea(long start) {
        return bytes.clear().position((int) (start - area.offset()));
    }

    private void writeHeader(Segment space, long start, int messageBytes) {
        sentStart = start;
        sentBytes = messageBytes;
        sentInArea = space != own;
        bytes.clear();
        bytes.putInt(AreaLayout.MESSAGE_PLACE, sentInArea ? AreaLayout.PLACE_AREA : AreaLayout.PLACE_SEGMENT);
        bytes.putInt(AreaLayout.MESSAGE_LENGTH, messageBytes);
        bytes.putLong(AreaLayout.MESSAGE_START, start);
        if (!sentInArea) {
            SegmentTable.writeSegment(own.handle(), bytes, AreaLayout.MESSAGE_SEGMENT);
        }
    }

    private void grow(long needed) {
        close();
        own = Segment.create(needed + Math.min(needed / 8, MOST_SPARE) + Segment.SLOT_ALIGNMENT);
    }

    /** Overwrites the separate segment, so that stale readers see NaN. */
    void poison() {
        if (own != null) {
            Native.fill(own.address(), POISON, own.bytes());
        }
    }

    /** Returns the size of the separate segment in bytes. */
    long segmentBytes() {
        return own == null ? 0 : own.bytes();
    }

    /** Closes the separate segment. The outbox can still be used. */
    @Override
    public void close() {
        if (own != null) {
            own.close();
            own = null;
        }
    }
}
