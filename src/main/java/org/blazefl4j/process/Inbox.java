package org.blazefl4j.process;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.binding.RetainingScope;
import org.blazefl4j.codec.PackageDecoder;
import org.blazefl4j.codec.PackageFormatException;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.codec.TensorLayout;
import org.blazefl4j.cuda.DeviceHandle;
import org.blazefl4j.cuda.DeviceSegment;
import org.blazefl4j.cuda.IpcRefusedException;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SegmentHandle;
import org.blazefl4j.shm.SegmentMemory;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Reads the messages that an {@link Outbox} writes to an area. */
final class Inbox {

    private final Board.Area area;
    private final PackageDecoder decoder;

    /** The whole area. Kept, because creating a view for each message is slow. */
    private final ByteBuffer bytes;

    /** Opens the segments that a message refers to. */
    interface SegmentSource {

        /**
         * Opens a segment, or returns it if it is open.
         *
         * @throws IllegalStateException if it cannot be opened
         */
        Segment open(SegmentHandle handle);

        /**
         * Checks that the sender may refer to a place.
         *
         * @throws PackageFormatException if it may not
         */
        default void check(Segment segment, ShmHandle handle) {}

        /**
         * Opens a segment on a device, or returns it if it is open, for a place that the sender may refer to.
         *
         * @throws PackageFormatException if it may not
         * @throws IpcRefusedException if it cannot be opened
         */
        DeviceSegment open(DeviceHandle segment, ShmHandle handle);
    }

    /**
     * A decoded message.
     *
     * @param graph the package
     * @param tensors its tensors, owned by the receiver, in no {@code PointerScope}
     */
    record Received(@Nullable Object graph, List<Tensor> tensors) implements AutoCloseable {

        /**
         * Returns the package.
         *
         * @throws PackageFormatException if it has another type
         */
        <T> T graph(Class<T> type) {
            if (!type.isInstance(graph)) {
                String found = graph == null ? "null" : graph.getClass().getName();
                throw new PackageFormatException(
                        "message of another kind: type=" + found + ", expected=" + type.getSimpleName());
            }
            return type.cast(graph);
        }

        /** Closes the tensors. */
        @Override
        public void close() {
            tensors.forEach(Tensor::close);
        }
    }

    Inbox(Board.Area area, PackageDecoder decoder) {
        this.area = area;
        this.decoder = decoder;
        this.bytes = area.view(0, area.bytes());
    }

    /**
     * Decodes the message in the area.
     *
     * @throws PackageFormatException if it is damaged or does not match this process's classes
     * @throws IllegalStateException if one of its segments cannot be opened
     */
    Received receive(SegmentSource segments) {
        ByteBuffer message = message(segments);
        SegmentTable table = SegmentTable.read(message);
        List<Tensor> tensors = new ArrayList<>();
        try (RetainingScope scope = new RetainingScope()) {
            Object graph = decoder.decode(message, handle -> {
                Tensor tensor = tensor(table, handle, segments);
                tensors.add(tensor);
                return tensor;
            });
            for (int i = tensors.size() - 1; i >= 0; i--) {
                scope.release(tensors.get(i));
            }
            return new Received(graph, tensors);
        }
    }

    private ByteBuffer message(SegmentSource segments) {
        bytes.clear();
        int length = bytes.getInt(AreaLayout.MESSAGE_LENGTH);
        long start = bytes.getLong(AreaLayout.MESSAGE_START);
        if (bytes.getInt(AreaLayout.MESSAGE_PLACE) == AreaLayout.PLACE_SEGMENT) {
            Segment space = segments.open(SegmentTable.readSegment(bytes, AreaLayout.MESSAGE_SEGMENT));
            check(start, length, 0, space.bytes());
            return SegmentMemory.view(space, start, length);
        }
        check(start, length, area.offset(), area.offset() + area.bytes());
        int from = (int) (start - area.offset());
        return bytes.limit(from + length).position(from);
    }

    private static void check(long start, int length, long from, long to) {
        if (length < 0 || start < from || start > to - length) {
            throw new PackageFormatException("message outside of its segment: start=" + start + ", bytes=" + length
                    + ", limit=" + (to - from) + " bytes");
        }
    }

    private static Tensor tensor(SegmentTable table, ShmHandle handle, SegmentSource segments) {
        if (SegmentTable.isOnDevice(handle)) {
            return onDevice(table, handle, segments);
        }
        Segment segment = segments.open(table.get(handle));
        segments.check(segment, handle);
        try {
            return segment.tensor(handle.offset(), handle.layout());
        } catch (IllegalArgumentException e) {
            throw new PackageFormatException("handle damaged: " + e.getMessage(), e);
        }
    }

    private static Tensor onDevice(SegmentTable table, ShmHandle handle, SegmentSource segments) {
        DeviceSegment segment = segments.open(table.onDevice(handle), handle);
        TensorLayout layout = handle.layout();
        try {
            return segment.tensor(handle.offset(), layout.dtype(), layout.sizes(), layout.strides(), handle.bytes());
        } catch (IllegalArgumentException e) {
            throw new PackageFormatException("handle damaged: " + e.getMessage(), e);
        }
    }
}
