package org.blazefl4j.process;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.codec.TensorLayout;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.Slot;
import org.blazefl4j.shm.TensorMemory;
import org.blazefl4j.worker.SlotLayout;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Places the tensors of a client's result. Tensors already in place in the slot stay there, others are copied to the
 * place with their path. Unbounded tensors and the encoded state go to separate segments.
 */
final class ResultPlacer implements MessagePlacer, AutoCloseable {

    private record Copy(Tensor tensor, TensorLayout layout, long offset) {}

    private final Slot slot;
    private final SlotLayout slotLayout;
    private StatefulResult stateful;
    private final List<Copy> copies = new ArrayList<>(2);
    private final List<Segment> unboundedSegments = new ArrayList<>(0);
    private SegmentTable table;

    ResultPlacer(Slot slot, SlotLayout slotLayout) {
        this.slot = slot;
        this.slotLayout = slotLayout;
    }

    /** Announces the next message; null for a package alone. */
    void expect(StatefulResult message) {
        stateful = message;
    }

    @Override
    public void start(SegmentTable segments, Segment segment, long offset) {
        table = segments;
        copies.clear();
        close();
    }

    @Override
    public ShmHandle place(Supplier<String> path, Tensor tensor, TensorLayout layout, boolean unbounded) {
        if (stateful != null && tensor == stateful.state()) {
            return placeAlone(tensor, layout);
        }
        if (!unbounded) {
            return placeInSlot(stateful == null ? path.get() : StatefulResult.pathInUplink(path.get()), tensor, layout);
        }
        return layout.bytes() > 0 ? placeAlone(tensor, layout) : handle(slot.segment(), slot.offset(), layout);
    }

    private ShmHandle placeAlone(Tensor tensor, TensorLayout layout) {
        Segment segment = Segment.create(layout.bytes());
        unboundedSegments.add(segment);
        TensorMemory.copy(tensor, layout, segment, 0);
        return handle(segment, 0, layout);
    }

    private ShmHandle placeInSlot(String path, Tensor tensor, TensorLayout layout) {
        SlotLayout.Place place = slotLayout.placeFor(path, layout);
        long offset = slot.offset() + place.offset();
        boolean inPlace = TensorMemory.lies(tensor, layout)
                && TensorMemory.address(tensor) == slot.segment().address() + offset;
        if (!inPlace && layout.bytes() > 0) {
            copies.add(new Copy(tensor, layout, offset));
        }
        return handle(slot.segment(), offset, layout);
    }

    private ShmHandle handle(Segment segment, long offset, TensorLayout layout) {
        return new ShmHandle(table.index(segment.handle()), segment.handle().generation(), offset, layout);
    }

    /** Returns 0, because tensors need no space beside the message. */
    @Override
    public long used() {
        return 0;
    }

    /** Copies tensors. Saves those elsewhere in the slot first, because another copy may overwrite them. */
    @Override
    public void finish() {
        try (PointerScope scope = new PointerScope()) {
            copies.replaceAll(copy -> liesInSlot(copy) ? saved(copy) : copy);
            for (Copy copy : copies) {
                TensorMemory.copy(copy.tensor(), copy.layout(), slot.segment(), copy.offset());
            }
        }
        copies.clear();
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
