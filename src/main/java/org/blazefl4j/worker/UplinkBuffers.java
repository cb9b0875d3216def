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

/**
 * Makes the uplink buffers of clients that are trained in this process. Small ones are made anew for each client. Large
 * ones lie in slots that are used again, as in process mode: malloc would have the kernel map, clear and unmap their
 * pages for each client, which takes longer than to copy a model there.
 *
 * <p>A slot is free when the last tensor in it is gone. Slots are made when they are first needed, up to a limit, and
 * freed when this object and the last tensor are closed; where all are taken a buffer is made anew. May be called by
 * several threads at once.
 *
 * @param <U> the uplink package
 */
public final class UplinkBuffers<U> implements AutoCloseable {

    /** From here on a buffer's pages cost more than to find it a slot. */
    private static final long LARGE = 1 << 20;

    private final Supplier<? extends U> prepare;
    private final ClassLoader loader;
    private final OptionalInt slots;
    private final int workers;
    private final List<Place> places = new CopyOnWriteArrayList<>();
    private volatile SlotLayout layout;
    private boolean closed;

    /**
     * None yet.
     *
     * @param prepare makes a package laid out as results are, whose tensors then belong to this object's caller
     * @param loader finds the classes of the package
     * @param slots how many slots there may be, where that was set
     * @param workers how many clients are trained at a time
     */
    public UplinkBuffers(Supplier<? extends U> prepare, ClassLoader loader, OptionalInt slots, int workers) {
        this.prepare = prepare;
        this.loader = loader;
        this.slots = slots;
        this.workers = workers;
    }

    /** A buffer, whose tensors the caller owns. */
    public U next() {
        SlotLayout room = layout();
        U buffer = room.slotBytes() >= LARGE ? inSlot(room) : null;
        return buffer == null ? prepare.get() : buffer;
    }

    /**
     * The most packages that should be between dealing and hand-over: as many as were set, or else a few, or as many as
     * are small together.
     */
    public int slots() {
        return slots.orElseGet(() -> Math.max(workers + 2, SlotLayout.aheadFor(layout().slotBytes(), workers)));
    }

    /**
     * Looks at a prepared package, once, on the thread that calls this first.
     *
     * @throws NullPointerException if it is null
     * @throws IllegalArgumentException if something in it cannot cross
     */
    public void prepare() {
        layout();
    }

    /** How results lie. */
    SlotLayout layout() {
        if (layout == null) {
            lookOnce();
        }
        return layout;
    }

    private synchronized void lookOnce() {
        if (layout == null) {
            U prepared = prepare.get();
            try {
                layout = SlotLayout.of(prepared);
            } finally {
                TensorWalk.closeAll(prepared);
            }
        }
    }

    @SuppressWarnings("unchecked")
    private U inSlot(SlotLayout room) {
        for (Place place : places) {
            Object buffer = place.make(room);
            if (buffer != null) {
                return (U) buffer;
            }
        }
        return (U) inNewSlot(room);
    }

    /** Null if there can be none. */
    private synchronized Object inNewSlot(SlotLayout room) {
        if (closed || places.size() >= slots()) {
            return null;
        }
        Place added;
        try {
            added = new Place(room, loader);
        } catch (IllegalStateException noMemory) {
            return null;
        }
        places.add(added);
        return added.make(room);
    }

    /** A slot, and who makes a buffer in it just now. */
    private static final class Place {

        private final Slot slot;
        private final PackageDecoder decoder;
        private final AtomicBoolean taken = new AtomicBoolean();

        Place(SlotLayout layout, ClassLoader loader) {
            this.slot = new Slot(Segment.unshared(layout.slotBytes()), 0);
            this.decoder = new PackageDecoder(loader);
        }

        /** A buffer in the slot; null if it is not free. */
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

    /** Makes no more slots. Their memory is freed as their tensors are closed. */
    @Override
    public synchronized void close() {
        closed = true;
        places.forEach(place -> place.slot.segment().close());
        places.clear();
    }
}
