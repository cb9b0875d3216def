package org.blazefl4j.process.launch;

import java.util.Set;
import org.blazefl4j.shm.SegmentSpace;

/** What the exit value of a worker process tells. */
final class ExitStatus {

    private static final int SIGNAL = 128;
    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;
    private static final int LAST_SIGNAL = 64;

    /** With SIGHUP and SIGINT, to which a worker is deaf when it has started. */
    private static final Set<Integer> KILLS = Set.of(1, 2, SIGKILL, SIGTERM);

    private ExitStatus() {}

    /** Whether it may stand for a signal by which others end a process. */
    static boolean isOfKill(int value) {
        return KILLS.contains(value - SIGNAL);
    }

    /** Of a process that this one killed. */
    static String ofKilled(int value) {
        return value == SIGNAL + SIGKILL ? value + " (SIGKILL)" : Integer.toString(value);
    }

    /**
     * Of a process that ended by itself, or by somebody else.
     *
     * @param wasReady whether it may have run code of clients
     * @param outOfMemory whether the kernel has ended processes meanwhile because memory ran out
     */
    static String of(int value, boolean wasReady, boolean outOfMemory) {
        int signal = value - SIGNAL;
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
                + "; use fewer workers or smaller batches, or raise it)";
    }
}
