package org.blazefl4j.process;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.binding.Native;
import org.blazefl4j.codec.PackageEncoder;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SegmentMemory;
import org.blazefl4j.shm.TensorMemory;
import org.jspecify.annotations.Nullable;

/**
 * Writes one message at a time for another process, which reads it with an {@link Inbox} on the same area. A message
 * that does not fit in the area goes to a separate segment, which grows as needed. {@link AreaLayout} shows the layout.
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

    private @Nullable Segment own;
    private Segment sentTo;
    private long sentStart;
    private int sentBytes;

    Outbox(Board.Area area, PackageEncoder encoder) {
        this.area = area;
        this.encoder = encoder;
        this.bytes = area.view(0, area.bytes());
        this.sentTo = area.segment();
    }

    /**
     * Writes a message in place of the last one.
     *
     * @throws IllegalArgumentException if something in it cannot cross
     * @throws IllegalStateException if there is too little shared memory
     */
    void send(@Nullable Object graph, MessagePlacer placer) {
        long needed = attempt(graph, placer, own == null ? area.segment() : own);
        if (needed > 0) {
            close();
            own = Segment.create(needed + Math.min(needed / 8, MOST_SPARE) + Segment.SLOT_ALIGNMENT);
            attempt(graph, placer, own);
        }
    }

    /** Writes a message that was {@link #sent} before with the same encoder. */
    void send(byte[] message) {
        long start = contentOf(area.segment());
        view(area.segment(), start, message.length).put(message);
        writeHeader(area.segment(), start, message.length);
    }

    /** Returns the last message with its table, to be sent again, or null if it is too long. */
    byte @Nullable [] sent() {
        if (sentBytes > area.bytes() - AreaLayout.MESSAGE_CONTENT) {
            return null;
        }
        byte[] message = new byte[sentBytes];
        view(sentTo, sentStart, sentBytes).get(message);
        return message;
    }

    /** Returns 0, or the bytes that the message needs if it does not fit. */
    private long attempt(@Nullable Object graph, MessagePlacer placer, Segment space) {
        SegmentTable table = new SegmentTable();
        long content = contentOf(space);
        placer.start(table, space, content);
        ByteBuffer body = encoder.encode(graph, placer);
        int messageBytes = table.bytes() + body.remaining();
        long start = TensorMemory.aligned(content + placer.used());
        long end = space == own ? own.bytes() : area.offset() + area.bytes();
        if (start + messageBytes > end) {
            return start + messageBytes - content;
        }
        placer.finish();
        ByteBuffer message = view(space, start, messageBytes);
        table.write(message);
        message.put(body);
        writeHeader(space, start, messageBytes);
        return 0;
    }

    /**
     * Returns the path of the tensor in the last message that contains a place, or null if none does, or if tensors
     * were closed since.
     *
     * @param graph the package that was sent
     */
    @Nullable
    String pathAt(Board.ForbiddenWrite place, @Nullable Object graph, MessagePlacer placer) {
        SegmentTable table = new SegmentTable();
        placer.start(table, sentTo, contentOf(sentTo));
        List<String> found = new ArrayList<>();
        try {
            encoder.encode(graph, (path, tensor, layout, unbounded) -> {
                ShmHandle handle = placer.place(path, tensor, layout, unbounded);
                boolean onDevice = SegmentTable.isOnDevice(handle);
                if (!onDevice && place.isWithin(table.get(handle), handle.offset(), handle.bytes())) {
                    found.add(path.get());
                }
                return handle;
            });
        } catch (IllegalArgumentException closedSince) {
            // the tensors after it remain unknown
        }
        return found.isEmpty() ? null : found.get(0);
    }

    /** Returns where tensors and message may begin in the area or the separate segment. */
    private long contentOf(Segment space) {
        return space == own ? 0 : area.offset() + AreaLayout.MESSAGE_CONTENT;
    }

    private ByteBuffer view(Segment space, long start, int length) {
        return space == own
                ? SegmentMemory.view(space, start, length)
                : bytes.clear().position((int) (start - area.offset()));
    }

    private void writeHeader(Segment space, long start, int messageBytes) {
        sentTo = space;
        sentStart = start;
        sentBytes = messageBytes;
        bytes.clear();
        bytes.putInt(AreaLayout.MESSAGE_PLACE, space == own ? AreaLayout.PLACE_SEGMENT : AreaLayout.PLACE_AREA);
        bytes.putInt(AreaLayout.MESSAGE_LENGTH, messageBytes);
        bytes.putLong(AreaLayout.MESSAGE_START, start);
        if (space == own) {
            SegmentTable.writeSegment(space.handle(), bytes, AreaLayout.MESSAGE_SEGMENT);
        }
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
