package org.blazefl4j.worker;

import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.blazefl4j.codec.PackageDecoder;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.core.Device;
import org.blazefl4j.cuda.DeviceSlots;
import org.blazefl4j.cuda.PinnedMemory;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.Slot;
import org.blazefl4j.util.ErrorCollector;
import org.jspecify.annotations.Nullable;

/**
 * Creates the uplink buffers of clients trained in this process. Small buffers are new for each client. Large ones use
 * slots repeatedly, as in process mode, because with malloc the kernel would map, clear and unmap their pages for each
 * client, which takes longer than copying a model.
 *
 * <p>A slot is free when the last tensor in it is gone. Slots are created on demand, up to a limit, and freed when this
 * object and the last tensor are closed. If all are in use, a buffer is new. Thread-safe.
 *
 * <p>Clients on a device have buffers there, if they can use them and there is memory ({@link DeviceSlots}). For other
 * clients on devices slots are page-locked, so that results cross at full speed.
 */
public final class UplinkBuffers<U> implements AutoCloseable {

    /** From this size on, new pages cost more than finding a slot. */
    private static final long LARGE = 1 << 20;

    private final Supplier<? extends U> prepare;
    private final ClassLoader loader;
    private final OptionalInt slots;
    private final int workers;
    private final @Nullable DeviceSlots devices;
    /** For buffers on devices, one at a time. */
    private final PackageDecoder decoder;

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
     * @param devices the slots of clients on devices, which this object then owns; null if clients cannot use them
     */
    public UplinkBuffers(
            Supplier<? extends U> prepare,
            ClassLoader loader,
            OptionalInt slots,
            int workers,
            @Nullable DeviceSlots devices) {
        this.prepare = prepare;
        this.loader = loader;
        this.slots = slots;
        this.workers = workers;
        this.devices = devices;
        this.decoder = new PackageDecoder(loader);
    }

    /**
     * Returns a buffer, whose tensors the caller owns.
     *
     * @param device the client's, whose stream is the calling thread's
     */
    public U next(Device device) {
        SlotLayout wanted = layout();
        U buffer = device.isCpu() ? null : onDevice(device, wanted);
        if (buffer == null && wanted.slotBytes() >= LARGE) {
            buffer = inSlot(wanted, !device.isCpu());
        }
        return buffer == null ? prepare.get() : buffer;
    }

    @SuppressWarnings("unchecked")
    private @Nullable U onDevice(Device device, SlotLayout wanted) {
        return devices == null
                ? null
                : (U) devices.next(
                        Math.max(0, device.index()),
                        wanted.slotBytes(),
                        slots(),
                        (segment, start) -> wanted.buffer(segment, start, decoder));
    }

    /** Returns whether tensors of results may lie on devices. */
    boolean mayBeOnDevices() {
        return devices != null;
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
    private @Nullable U inSlot(SlotLayout wanted, boolean pinned) {
        for (BufferSlot bufferSlot : bufferSlots) {
            Object buffer = bufferSlot.make(wanted, pinned);
            if (buffer != null) {
                return (U) buffer;
            }
        }
        return (U) inNewSlot(wanted, pinned);
    }

    /** Returns a buffer in a new slot, or null if there can be none. */
    private synchronized @Nullable Object inNewSlot(SlotLayout wanted, boolean pinned) {
        if (closed || bufferSlots.size() >= slots()) {
            return null;
        }
        try {
            BufferSlot added = new BufferSlot(wanted, loader);
            bufferSlots.add(added);
            return added.make(wanted, pinned);
        } catch (IllegalStateException noMemory) {
            return null;
        }
    }

    /** A slot, with a flag that is set while a thread creates a buffer in it. */
    private static final class BufferSlot {

        private final Slot slot;
        private final PackageDecoder decoder;
        private final AtomicBoolean taken = new AtomicBoolean();
        private @Nullable PinnedMemory pins;

        BufferSlot(SlotLayout layout, ClassLoader loader) {
            this.slot = new Slot(Segment.unshared(layout.slotBytes()), 0);
            this.decoder = new PackageDecoder(loader);
        }

        /** Returns a buffer in the slot, or null if it is in use. */
        @Nullable
        Object make(SlotLayout layout, boolean pinned) {
            if (slot.isReferenced() || !taken.compareAndSet(false, true)) {
                return null;
            }
            try {
                if (slot.isReferenced()) {
                    return null;
                }
                if (pinned && pins == null) {
                    pins = PinnedMemory.of(
                            slot.segment().address(), slot.segment().bytes());
                }
                return layout.buffer(slot, decoder);
            } finally {
                taken.set(false);
            }
        }

        void close() {
            try (Segment memory = slot.segment()) {
                if (pins != null) {
                    pins.close();
                }
            }
        }
    }

    /** Stops using slots. Their memory is freed with their last tensors. No worker may run any more. */
    @Override
    public synchronized void close() {
        closed = true;
        ErrorCollector failures = new ErrorCollector();
        if (devices != null) {
            failures.run(devices::close);
        }
        bufferSlots.forEach(bufferSlot -> failures.run(bufferSlot::close));
        bufferSlots.clear();
        failures.throwFirst("memory of results");
    }
}
