package org.blazefl4j.core;

import java.util.List;

/**
 * The most memory that processes have had resident since they started, in bytes, as the kernel counts it ({@code VmHWM}
 * in {@code /proc/<pid>/status}). Shared memory counts in each process that has touched it, as do the pages of
 * libraries, so the sum over processes is more than they take together.
 *
 * @param parent of this process; 0 where it is not known
 * @param workers of each worker process, by its index, replaced ones included: the largest that was seen in its place,
 *     0 where none was; empty where clients are trained in this process
 */
public record PeakMemory(long parent, List<Long> workers) {

    /** Nothing is known. */
    public static final PeakMemory UNKNOWN = new PeakMemory(0, List.of());

    /** Copies the list. */
    public PeakMemory {
        workers = List.copyOf(workers);
    }
}
