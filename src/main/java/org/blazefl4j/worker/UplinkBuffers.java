package org.blazefl4j.worker;

import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.blazefl4j.codec.PackageDecoder;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.Slot;
import org.jspecify.annotations.Nullable;

/**
 * Creates the uplink buffers of clients trained in this process. Small buffers are new for each client. Large ones use
 * slots repeatedly, as in process mode, because with malloc the kernel would map, clear and unmap their pages for each
 * client, which takes longer than copying a model.
 *
 * <p>A slot is free when the last tensor in it is gone. Slots are created on demand, up to a limit, and freed when this
 * object and the last tensor are closed. If all are in use, a buffer is new. Thread-safe.
 */
public final class UplinkBuffers<U> implements AutoCloseable {

    /** From this size on, new pages cost more than finding a slot. */
    private static final long LARGE = 1 << 20;

    private final Supplier<? extends U> prepare;
    private final ClassLoader loader;
    private final OptionalInt slots;
    private final int workers;
    private final List<BufferSlot> bufferSlots = new CopyOnWriteArrayList<>();
    private volatile @Nullable SlotLayout layout;
    private boolean closed;

    /**
     * Creates no buffer yet.
     *
     * @param prepare creates a package with the layout of results
     * @param loader the loader for the classes of the package
     * @param slots the most slots, if configured
     * @param workers the number of clients trained at a time
     */
    public UplinkBuffers(Supplier<? extends U> prepare, ClassLoader loader, OptionalInt slots, int workers) {
        this.prepare = prepare;
        this.loader = loader;
        this.slots = slots;
        this.workers = workers;
    }

    /** Returns a buffer, whose tensors the caller owns. */
    public U next() {
        SlotLayout wanted = layout();
        U buffer = wanted.slotBytes() >= LARGE ? inSlot(wanted) : null;
        return buffer == null ? prepare.get() : buffer;
    }

    /**
     * Returns the most packages between dealing and hand-over: the configured number, or else a few, or more if they
     * are small.
     */
    public int slots() {
        return slots.orElseGet(() -> Math.max(workers + 2, SlotLayout.aheadFor(layout().slotBytes(), workers)));
    }

    /**
     * Returns the layout of results, at the first call determined from a prepared package.
     *
     * @throws NullPointerException if that is null
     * @throws IllegalArgumentException if something in it cannot cross
     */
    SlotLayout layout() {
        SlotLayout known = layout;
        return known == null ? firstLayout() : known;
    }

    private synchronized SlotLayout firstLayout() {
        SlotLayout known = layout;
        if (known != null) {
            return known;
        }
        U prepared = prepare.get();
        try {
            SlotLayout first = SlotLayout.of(prepared);
            layout = first;
            return first;
        } finally {
            TensorWalk.closeAll(prepared);
        }
    }

    @SuppressWarnings("unchecked")
    private @Nullable U inSlot(SlotLayout wanted) {
        for (BufferSlot bufferSlot : bufferSlots) {
            Object buffer = bufferSlot.make(wanted);
            if (buffer != null) {
                return (U) buffer;
            }
        }
        return (U) inNewSlot(wanted);
    }

    /** Returns a buffer in a new slot, or null if there can be none. */
    private synchronized @Nullable Object inNewSlot(SlotLayout wanted) {
        if (closed || bufferSlots.size() >= slots()) {
            return null;
        }
        try {
            BufferSlot added = new BufferSlot(wanted, loader);
            bufferSlots.add(added);
            return added.make(wanted);
        } catch (IllegalStateException noMemory) {
            return null;
        }
    }

    /** A slot, with a flag that is set while a thread creates a buffer in it. */
    private static final class BufferSlot {

        private final Slot slot;
        private final PackageDecoder decoder;
        private final AtomicBoolean taken = new AtomicBoolean();

        BufferSlot(SlotLayout layout, ClassLoader loader) {
            this.slot = new Slot(Segment.unshared(layout.slotBytes()), 0);
            this.decoder = new PackageDecoder(loader);
        }

        /** Returns a buffer in the slot, or null if it is in use. */
        @Nullable
        Object make(SlotLayout layout) {
            if (slot.isReferenced() || !taken.compareAndSet(false, true)) {
                return null;
            }
            try {
                return slot.isReferenced() ? null : layout.buffer(slot, decoder);
            } finally {
                taken.set(false);
            }
        }
    }

    /** Stops using slots. Their memory is freed with their last tensors. */
    @Override
    public synchronized void close() {
        closed = true;
        bufferSlots.forEach(bufferSlot -> bufferSlot.slot.segment().close());
        bufferSlots.clear();
    }
}
