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
 * Where one message at a time is put for another process: an area of the board, or a segment that grows with the
 * messages where they are longer. Its reader is an {@link Inbox} on the same area.
 *
 * <p>{@code native/include/bfl_areas.h} has a picture of the area.
 */
final class Outbox implements AutoCloseable {

    /** What a segment has to spare for the next, longer message. */
    private static final long MOST_SPARE = 1 << 20;

    /** As floating-point numbers of any size: not a number. */
    private static final int POISON = 0xff;

    private final Board.Area area;
    private final PackageEncoder encoder;

    /** All of the area, for messages come too often to make a view of each. */
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
     * Puts a message, which replaces the last one.
     *
     * @throws IllegalArgumentException if something in it cannot cross
     * @throws IllegalStateException if there is not enough shared memory
     */
    void send(Object graph, Placement placement) {
        long needed = own == null ? sendInArea(graph, placement) : sendInSegment(graph, placement);
        if (needed > 0) {
            grow(needed);
            sendInSegment(graph, placement);
        }
    }

    /** Puts a message again that an outbox of the same encoder has {@link #sent}. */
    void send(byte[] message) {
        long start = area.offset() + AreaLayout.MESSAGE_CONTENT;
        inArea(start).put(message);
        writeHeader(area.segment(), start, message.length);
    }

    /** The last message, with its table, to be sent again if it has no tensor beside it; null if it is too long. */
    byte[] sent() {
        if (sentBytes > area.bytes() - AreaLayout.MESSAGE_CONTENT) {
            return null;
        }
        byte[] message = new byte[sentBytes];
        ByteBuffer from = sentInArea ? inArea(sentStart) : SegmentMemory.view(own, sentStart, sentBytes);
        from.get(message);
        return message;
    }

    private long sendInArea(Object graph, Placement placement) {
        long offset = area.offset() + AreaLayout.MESSAGE_CONTENT;
        return attempt(graph, placement, area.segment(), offset, area.bytes() - AreaLayout.MESSAGE_CONTENT);
    }

    private long sendInSegment(Object graph, Placement placement) {
        return attempt(graph, placement, own, 0, own.bytes());
    }

    /** Returns 0, or the bytes that the message needs if that is more than there is. */
    private long attempt(Object graph, Placement placement, Segment space, long offset, long bytes) {
        SegmentTable table = new SegmentTable();
        placement.start(table, space, offset);
        ByteBuffer body = encoder.encode(graph, placement);
        int messageBytes = table.bytes() + body.remaining();
        long start = TensorMemory.aligned(offset + placement.used());
        if (start - offset + messageBytes > bytes) {
            return start - offset + messageBytes;
        }
        placement.finish();
        ByteBuffer message = space == own ? SegmentMemory.view(space, start, messageBytes) : inArea(start);
        table.write(message);
        message.put(body);
        writeHeader(space, start, messageBytes);
        return 0;
    }

    /**
     * The path of the tensor in the last message that lies at a place; null if there is none.
     *
     * @param graph what was sent
     */
    String pathAt(ForbiddenWrite place, Object graph, Placement placement) {
        SegmentTable table = new SegmentTable();
        placement.start(
                table, sentInArea ? area.segment() : own, sentInArea ? area.offset() + AreaLayout.MESSAGE_CONTENT : 0);
        String[] found = new String[1];
        encoder.encode(graph, (path, tensor, layout, unbounded) -> {
            ShmHandle handle = placement.place(path, tensor, layout, unbounded);
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

    /** Overwrites the segment of its own, so that who still reads the last message's tensors there notices. */
    void poison() {
        if (own != null) {
            Native.fill(own.address(), POISON, own.bytes());
        }
    }

    /** The size of the segment of its own. */
    long segmentBytes() {
        return own == null ? 0 : own.bytes();
    }

    /** Frees the segment of its own; the outbox can still be used. */
    @Override
    public void close() {
        if (own != null) {
            own.close();
            own = null;
        }
    }
}
