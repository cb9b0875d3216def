package org.blazefl4j.process;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.codec.TensorLayout;
import org.blazefl4j.cuda.DeviceSlot;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.Slot;
import org.blazefl4j.shm.TensorMemory;
import org.blazefl4j.worker.SlotLayout;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Places the tensors of a client's result. Tensors already in place in a slot stay there, be it in the host's memory or
 * on a device, others are copied to the place with their path in the host's. Unbounded tensors go to separate segments,
 * and so does the encoded state if the room for it is too small.
 */
final class ResultPlacer extends MessagePlacer implements AutoCloseable {

    private final Slot slot;
    private final @Nullable DeviceUplink onDevice;
    private final SlotLayout slotLayout;
    private final @Nullable Segment room;
    private final List<Segment> unboundedSegments = new ArrayList<>(0);
    private Message.@Nullable Result stateful;

    /**
     * Creates a placer for one result.
     *
     * @param onDevice the slot on the client's device; null if there is none
     * @param room takes the encoded state if it fits; null if there is none
     */
    ResultPlacer(Slot slot, @Nullable DeviceUplink onDevice, SlotLayout slotLayout, @Nullable Segment room) {
        this.slot = slot;
        this.onDevice = onDevice;
        this.slotLayout = slotLayout;
        this.room = room;
    }

    /** Announces the next message; null for a package alone. */
    void expect(Message.@Nullable Result message) {
        stateful = message;
    }

    @Override
    void start(SegmentTable segments, Segment segment, long offset) {
        super.start(segments, segment, offset);
        close();
    }

    @Override
    public ShmHandle place(Supplier<String> path, Tensor tensor, TensorLayout layout, boolean unbounded) {
        if (stateful != null && tensor == stateful.state()) {
            return room != null && layout.bytes() <= room.bytes()
                    ? copyTo(room, tensor, layout)
                    : placeAlone(tensor, layout);
        }
        if (!unbounded) {
            String place = stateful == null ? path.get() : Message.Result.pathInUplink(path.get());
            return placeInSlot(place, tensor, layout);
        }
        return layout.bytes() > 0 ? placeAlone(tensor, layout) : handle(slot.segment(), slot.offset(), layout);
    }

    private ShmHandle placeAlone(Tensor tensor, TensorLayout layout) {
        Segment segment = Segment.create(layout.bytes());
        unboundedSegments.add(segment);
        return copyTo(segment, tensor, layout);
    }

    private ShmHandle copyTo(Segment segment, Tensor tensor, TensorLayout layout) {
        TensorMemory.copy(tensor, layout, segment, 0);
        return handle(segment, 0, layout);
    }

    private ShmHandle placeInSlot(String path, Tensor tensor, TensorLayout layout) {
        SlotLayout.Place place = slotLayout.placeFor(path, layout);
        DeviceSlot there = onDevice == null ? null : onDevice.slotOf(tensor, layout, place.offset());
        if (there != null) {
            return handle(there.segment(), there.offset() + place.offset(), layout);
        }
        long offset = slot.offset() + place.offset();
        boolean inPlace = TensorMemory.lies(tensor, layout)
                && TensorMemory.address(tensor) == slot.segment().address() + offset;
        if (!inPlace && layout.bytes() > 0) {
            copies.add(new Copy(tensor, layout, offset));
        }
        return handle(slot.segment(), offset, layout);
    }

    /** Returns 0, because tensors need no space beside the message. */
    @Override
    long used() {
        return 0;
    }

    /** Copies tensors. Saves those elsewhere in the slot first, because another copy may overwrite them. */
    @Override
    void finish() {
        try (PointerScope scope = new PointerScope()) {
            copies.replaceAll(copy -> liesInSlot(copy) ? saved(copy) : copy);
            copyTo(slot.segment());
        }
    }

    private boolean liesInSlot(Copy copy) {
        long from = TensorMemory.address(copy.tensor()) - slot.segment().address() - slot.offset();
        return from >= 0 && from < slot.segment().slotBytes();
    }

    private static Copy saved(Copy copy) {
        return new Copy(copy.tensor().detach().clone(), copy.layout(), copy.offset());
    }

    /** Passes the segments of unbounded tensors to the caller, which then owns them. */
    List<Segment> takeUnbounded() {
        List<Segment> taken = List.copyOf(unboundedSegments);
        unboundedSegments.clear();
        return taken;
    }

    /** Closes segments of unbounded tensors that were not taken. */
    @Override
    public void close() {
        unboundedSegments.forEach(Segment::close);
        unboundedSegments.clear();
    }
}
