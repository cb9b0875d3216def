package org.blazefl4j.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;

/** How often devices refused memory, without the times that were made good. */
final class MemoryRefusals {

    /** Those of LibTorch's devices. */
    static final MemoryRefusals CUDA = new MemoryRefusals(CudaMemory::refusals);

    private record Excused(int device, long before) {}

    private final IntToLongFunction all;
    private final List<Excused> excused = new ArrayList<>();

    MemoryRefusals(IntToLongFunction all) {
        this.all = all;
    }

    /** Returns how often a device has refused memory. */
    long count(int device) {
        return all.applyAsLong(device);
    }

    /**
     * Leaves out one refusal, for everyone who counts on this device.
     *
     * @param before a count before it
     */
    synchronized void excuse(int device, long before) {
        excused.add(new Excused(device, before));
    }

    /**
     * Returns how often a device has refused memory since a count, without what was excused. If in doubt, a refusal
     * counts: one is left out only if it was certainly after that count, and before this call.
     */
    long since(int device, long before) {
        long left = left(device, before);
        return count(device) - before - left;
    }

    private synchronized long left(int device, long before) {
        return excused.stream()
                .filter(each -> each.device() == device && each.before() >= before)
                .count();
    }
}
