package org.blazefl4j.process.launch;

import java.util.Set;
import org.blazefl4j.cuda.CudaErrors;
import org.blazefl4j.shm.SegmentSpace;

/** Explains exit values of worker processes. */
final class ExitStatus {

    private static final int SIGNAL = 128;
    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;
    private static final int LAST_SIGNAL = 64;

    /** Includes SIGHUP and SIGINT, which a worker ignores once it has started. */
    private static final Set<Integer> KILLS = Set.of(1, 2, SIGKILL, SIGTERM);

    private ExitStatus() {}

    /** Returns whether a value stands for a signal that other processes send to end one. */
    static boolean isKill(int value) {
        return KILLS.contains(value - SIGNAL);
    }

    /** Describes the exit value of a process that this one killed. */
    static String describeKilled(int value) {
        return value == SIGNAL + SIGKILL ? value + " (SIGKILL)" : Integer.toString(value);
    }

    /**
     * Describes the exit value of a process that this one did not kill.
     *
     * @param wasReady whether the process may have run client code
     * @param outOfMemory whether the kernel killed processes for lack of memory while it ran
     */
    static String of(int value, boolean wasReady, boolean outOfMemory) {
        int signal = value - SIGNAL;
        if (value == CudaErrors.EXIT_VALUE && wasReady) {
            return value + " (its CUDA context was lost)";
        }
        if (signal <= 0 || signal > LAST_SIGNAL) {
            return value + (wasReady ? " (perhaps client code called System.exit)" : "");
        }
        return switch (signal) {
            case 4 -> value + " (SIGILL?)";
            case 6 -> value + " (SIGABRT? a crash of native code or of the JVM)";
            case 7 -> value + " (SIGBUS? shared memory ran out)";
            case SIGKILL ->
                value + (outOfMemory ? ofOutOfMemory() : " (SIGKILL? perhaps the kernel's out-of-memory killer)");
            case 11 -> value + " (SIGSEGV?)";
            case SIGTERM -> value + " (SIGTERM?)";
            default -> value + " (signal " + signal + "?)";
        };
    }

    private static String ofOutOfMemory() {
        long limit = SegmentSpace.host().memoryLimit();
        return " (SIGKILL by the kernel's out-of-memory killer, limit="
                + (limit == Long.MAX_VALUE ? "this machine's memory" : limit + " bytes for the control group")
                + "; use fewer workers or smaller batches, or raise the limit)";
    }
}
