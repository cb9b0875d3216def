package org.blazefl4j.process;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SharedMemoryMap;
import org.blazefl4j.shm.Slot;
import org.blazefl4j.worker.SlotLayout;

/**
 * The slots of a pool. One is free when no job has it and the last tensor in it is gone; which slots the caller still
 * holds is found out only when no other is left. Used by the thread of the round.
 */
final class SlotPool implements AutoCloseable {

    /** How many packages are held together at the least, where memory allows: a sum of few reads its totals often. */
    private static final int HELD_TOGETHER = 3;

    /** What large slots may take for that; with a round's payload as large as one slot all is below 0.3 GB. */
    private static final long HELD_BYTES = 240_000_000;

    private final long slotBytes;
    private final int initial;
    private final int ahead;
    private final int limit;
    private final SharedMemoryMap map;
    private final Map<Long, Segment> chunks = new HashMap<>();
    private final Deque<Slot> free = new ArrayDeque<>();
    private final List<Slot> returned = new ArrayList<>();
    private int size;
    private volatile long bytes;

    /**
     * Makes the first slots.
     *
     * @param slots how many
     * @param ahead how many of them jobs take at a time
     * @param limit how many there may be at the most
     * @param map learns where they are
     */
    SlotPool(long slotBytes, int slots, int ahead, int limit, SharedMemoryMap map) {
        this.slotBytes = slotBytes;
        this.initial = Math.min(slots, limit);
        this.ahead = Math.min(ahead, initial);
        this.limit = limit;
        this.map = map;
        addChunk(initial);
    }

    /** As many slots as fit in a fixed amount of memory, within what that many workers and a sum can use. */
    static int slotsFor(long slotBytes, int workers) {
        long held = Math.min(HELD_BYTES / SlotLayout.memory(slotBytes), (long) workers + HELD_TOGETHER);
        return (int) Math.max(SlotLayout.aheadFor(slotBytes, workers), held);
    }

    /** A free slot, best the one used last, which the processor still has in its cache; null if there is none. */
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
     * A slot for one more job: a free one, or else an additional one, beside those that the caller still holds packages
     * in, as long as so many workers would lack one.
     *
     * @param outstanding how many jobs have one
     * @return null if dealing has to wait for hand-over
     * @throws IllegalStateException if there can be none and there is nothing to wait for
     */
    Slot takeBeside(int outstanding, int workers) {
        Slot slot = take();
        if (slot == null && outstanding < Math.min(initial, workers + 1)) {
            slot = additional(outstanding == 0);
        }
        return slot;
    }

    private Slot additional(boolean needed) {
        IllegalStateException noMemory = null;
        try {
            if (grow()) {
                return take();
            }
        } catch (IllegalStateException e) {
            noMemory = e;
        }
        if (needed) {
            String most = noMemory == null ? Integer.toString(limit) : noMemory.getMessage();
            throw new IllegalStateException(
                    "no free slot: held=" + held() + ", limit=" + most
                            + "; close packages that were handed over or keep clones of their tensors, or raise"
                            + " TrainerOptions.maxSlots",
                    noMemory);
        }
        return null;
    }

    /** How many jobs may have a slot at a time. */
    int ahead() {
        return ahead;
    }

    /** How many packages may be held at a time while as many workers go on. */
    int mostHeld(int workers) {
        return Math.max(1, initial - workers);
    }

    /** Takes back a slot whose job is over. Tensors may still be in it. */
    void release(Slot slot) {
        if (slot.isReferenced()) {
            returned.add(slot);
        } else {
            free.push(slot);
        }
    }

    private void collect() {
        for (Iterator<Slot> slots = returned.iterator(); slots.hasNext(); ) {
            Slot slot = slots.next();
            if (!slot.isReferenced()) {
                slots.remove();
                free.add(slot);
            }
        }
    }

    /**
     * Adds slots, up to as many again as there are.
     *
     * @return false at the limit
     * @throws IllegalStateException if there is no memory for a single one
     */
    private boolean grow() {
        int count = (int) Math.min(Math.min(size, limit - size), Math.max(1, SlotLayout.CHUNK_BYTES / slotBytes));
        while (count > 1) {
            try {
                addChunk(count);
                return true;
            } catch (IllegalStateException tooMuch) {
                count /= 2;
            }
        }
        if (count == 1) {
            addChunk(1);
        }
        return count == 1;
    }

    private void addChunk(int count) {
        Segment chunk = Segment.slotted(count, slotBytes);
        chunks.put(chunk.handle().generation(), chunk);
        map.add(chunk);
        size += count;
        bytes += chunk.bytes();
        for (int i = count - 1; i >= 0; i--) {
            free.push(new Slot(chunk, i));
        }
    }

    /** The segment with this generation; null if it is none of the pool's. */
    Segment chunk(long generation) {
        return chunks.get(generation);
    }

    /** How many slots hold tensors that the caller was given. */
    private int held() {
        collect();
        return returned.size();
    }

    /** The memory of all slots, in bytes. */
    long bytes() {
        return bytes;
    }

    @Override
    public void close() {
        chunks.values().forEach(Segment::close);
    }
}
