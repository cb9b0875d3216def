package org.blazefl4j.process;

import java.nio.ByteBuffer;
import org.blazefl4j.binding.Native;
import org.blazefl4j.codec.PackageEncoder;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SegmentMemory;
import org.blazefl4j.shm.TensorMemory;

/**
 * Where one message at a time is put for another process: an area of the board, or a segment that grows with the
 * messages where they are longer. Its reader is an {@link Inbox} on the same area.
 *
 * <p>The area begins with a header: length of the message's body, its offset, and the segment it lies in if that is not
 * the board, then the room of a {@link JobHeader}. Ahead of the body lies its segment table, and ahead of that its
 * tensors.
 */
final class Outbox implements AutoCloseable {

    static final int HEADER_BYTES = 128;

    /** No segment but the board. */
    static final int IN_AREA = 0;

    static final int IN_SEGMENT = 1;

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
        long start = area.offset() + HEADER_BYTES;
        inArea(start).put(message);
        writeHeader(area.segment(), start, message.length);
    }

    /** The last message, with its table, to be sent again if it has no tensor beside it; null if it is too long. */
    byte[] sent() {
        if (sentBytes > area.bytes() - HEADER_BYTES) {
            return null;
        }
        byte[] message = new byte[sentBytes];
        ByteBuffer from = sentInArea ? inArea(sentStart) : SegmentMemory.view(own, sentStart, sentBytes);
        from.get(message);
        return message;
    }

    private long sendInArea(Object graph, Placement placement) {
        long offset = area.offset() + HEADER_BYTES;
        return attempt(graph, placement, area.segment(), offset, area.bytes() - HEADER_BYTES);
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

    private ByteBuffer inArea(long start) {
        return bytes.clear().position((int) (start - area.offset()));
    }

    private void writeHeader(Segment space, long start, int messageBytes) {
        sentStart = start;
        sentBytes = messageBytes;
        sentInArea = space != own;
        bytes.clear();
        bytes.putInt(space == own ? IN_SEGMENT : IN_AREA).putInt(messageBytes).putLong(start);
        if (space == own) {
            SegmentTable.writeSegment(own.handle(), bytes);
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
