package org.blazefl4j.core;

import java.util.List;

/**
 * The peak resident memory of processes in bytes, as the kernel counts it ({@code VmHWM} in
 * {@code /proc/<pid>/status}). Shared memory and pages of libraries count in each process that has touched them, so the
 * sum over processes is more than they use together.
 *
 * @param parent of this process; 0 if unknown
 * @param workers of each worker process by index, replaced processes included; 0 if unknown; empty if clients train in
 *     this process
 */
public record PeakMemory(long parent, List<Long> workers) {

    /** Unknown. */
    public static final PeakMemory UNKNOWN = new PeakMemory(0, List.of());

    /** Copies the list. */
    public PeakMemory {
        workers = List.copyOf(workers);
    }
}
