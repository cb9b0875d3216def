package org.blazefl4j.process;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SharedMemoryMap;
import org.blazefl4j.shm.Slot;
import org.blazefl4j.util.ResourceStack;
import org.blazefl4j.worker.SlotLayout;
import org.jspecify.annotations.Nullable;

/**
 * The slots of a pool. A slot is free when no job has it and the last tensor in it is gone, which is only checked when
 * no other slot is left. For the thread of the round.
 */
final class SlotPool implements AutoCloseable {

    /** The packages to hold together at least, if memory allows: summing few at a time rereads the totals often. */
    private static final int HELD_TOGETHER = 3;

    /** The memory for packages held together. With a payload as large as a slot, the total is below 0.3 GB. */
    private static final long HELD_BYTES = 240_000_000;

    private final long slotBytes;
    private final int initial;
    private final int ahead;
    private final int limit;
    private final SharedMemoryMap map;
    private final ResourceStack chunks = new ResourceStack();
    private final Deque<Slot> free = new ArrayDeque<>();
    private final List<Slot> returned = new ArrayList<>();
    private int size;
    private volatile long bytes;

    /**
     * Creates the first slots.
     *
     * @param slots the initial number of slots
     * @param ahead the number that jobs use at a time
     * @param limit the most slots
     * @param map receives the segments
     */
    SlotPool(long slotBytes, int slots, int ahead, int limit, SharedMemoryMap map) {
        this.slotBytes = slotBytes;
        this.initial = Math.min(slots, limit);
        this.ahead = Math.min(ahead, initial);
        this.limit = limit;
        this.map = map;
        addChunk(initial);
    }

    /** Returns the number of slots that fit in a fixed amount of memory and that workers and a sum can use. */
    static int slotsFor(long slotBytes, int workers) {
        long held = Math.min(HELD_BYTES / SlotLayout.memory(slotBytes), (long) workers + HELD_TOGETHER);
        return (int) Math.max(SlotLayout.aheadFor(slotBytes, workers), held);
    }

    /** Returns a free slot, if there is one. Prefers the one used last, which is still in the processor's cache. */
    @Nullable
    Slot take() {
        int last = returned.size() - 1;
        if (last >= 0 && !returned.get(last).isReferenced()) {
            return returned.remove(last);
        }
        if (free.isEmpty()) {
            collect();
        }
        return free.poll();
    }

    /**
     * Returns a slot for one more job. Adds slots if the caller holds packages in the others and workers would idle.
     *
     * @param outstanding the number of jobs with a slot
     * @return null if dealing has to wait for hand-over
     * @throws IllegalStateException if there is no slot and nothing to wait for
     */
    @Nullable
    Slot takeBeside(int outstanding, int workers) {
        Slot slot = take();
        if (slot == null && outstanding < Math.min(initial, workers + 1)) {
            slot = additional(outstanding == 0);
        }
        return slot;
    }

    /** Adds slots, at most doubling their number, and returns one. Returns null, unless needed, if that fails. */
    private @Nullable Slot additional(boolean needed) {
        IllegalStateException noMemory = null;
        long most = Math.min(Math.min(size, limit - size), Math.max(1, SlotLayout.CHUNK_BYTES / slotBytes));
        for (int count = (int) most; count > 0; count /= 2) {
            try {
                addChunk(count);
                return take();
            } catch (IllegalStateException e) {
                noMemory = e;
            }
        }
        if (needed) {
            collect();
            String reason = noMemory == null ? ", limit=" + limit : ", found=" + noMemory.getMessage();
            throw new IllegalStateException(
                    "no free slot: held=" + returned.size() + reason
                            + "; close packages that were handed over or keep clones of their tensors, or raise"
                            + " TrainerOptions.maxSlots",
                    noMemory);
        }
        return null;
    }

    /** Returns how many slots there are unless the caller keeps packages. */
    int initial() {
        return initial;
    }

    /** Returns how many jobs may have a slot at a time. */
    int ahead() {
        return ahead;
    }

    /** Returns how many packages may be held while this many workers continue. */
    int mostHeld(int workers) {
        return Math.max(1, initial - workers);
    }

    /** Returns a slot whose job has ended. Tensors may still use it. */
    void release(Slot slot) {
        if (slot.isReferenced()) {
            returned.add(slot);
        } else {
            free.push(slot);
        }
    }

    private void collect() {
        returned.removeIf(slot -> !slot.isReferenced() && free.add(slot));
    }

    private void addChunk(int count) {
        Segment chunk = Segment.slotted(count, slotBytes);
        chunks.add(chunk);
        map.add(chunk);
        size += count;
        bytes += chunk.bytes();
        for (int i = count - 1; i >= 0; i--) {
            free.push(new Slot(chunk, i));
        }
    }

    /** Returns the memory of all slots in bytes. */
    long bytes() {
        return bytes;
    }

    @Override
    public void close() {
        chunks.close();
    }
}
