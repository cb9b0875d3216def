package org.blazefl4j.util;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Set;

/** Reads exceptions of users' code, whose own methods may throw, return null or lead in circles. */
public final class Throwables {

    /** Longer chains of causes are taken for endless. */
    private static final int MAX_CAUSES = 64;

    private static final int MAX_IN_ALL = 1024;

    private Throwables() {}

    /** As it prints itself; its class, and why that is all, where it does not. */
    public static String text(Throwable thrown) {
        try {
            String text = thrown.toString();
            return text != null ? text : thrown.getClass().getName() + ": (toString() returned null)";
        } catch (Throwable e) {
            return thrown.getClass().getName() + ": (toString() threw "
                    + e.getClass().getName() + ")";
        }
    }

    /** Its message, which may be null; why there is none where that cannot be told. */
    public static String message(Throwable thrown) {
        try {
            return thrown.getMessage();
        } catch (Throwable e) {
            return "(getMessage() threw " + e.getClass().getName() + ")";
        }
    }

    /** Its stack trace, as far as it tells one. */
    public static StackTraceElement[] trace(Throwable thrown) {
        try {
            StackTraceElement[] trace = thrown.getStackTrace();
            return hasHole(trace) ? new StackTraceElement[0] : trace;
        } catch (Throwable e) {
            return new StackTraceElement[0];
        }
    }

    private static boolean hasHole(StackTraceElement[] trace) {
        if (trace == null) {
            return true;
        }
        for (StackTraceElement element : trace) {
            if (element == null) {
                return true;
            }
        }
        return false;
    }

    /** Its cause; null if it tells none. */
    public static Throwable cause(Throwable thrown) {
        try {
            return thrown.getCause();
        } catch (Throwable e) {
            return null;
        }
    }

    /**
     * Whether it, its causes and what they suppressed can be printed and logged: all methods return, with something,
     * and chains of causes end.
     */
    public static boolean isSound(Throwable thrown) {
        try {
            Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
            Deque<Throwable> left = new ArrayDeque<>();
            left.add(thrown);
            while (!left.isEmpty()) {
                Throwable next = left.remove();
                if (seen.add(next)) {
                    if (!isSoundAlone(next) || seen.size() > MAX_IN_ALL) {
                        return false;
                    }
                    if (next.getCause() != null) {
                        left.add(next.getCause());
                    }
                    Collections.addAll(left, next.getSuppressed());
                }
            }
            return true;
        } catch (Throwable e) {
            return false;
        }
    }

    private static boolean isSoundAlone(Throwable thrown) {
        thrown.getMessage();
        thrown.getLocalizedMessage();
        int causes = 0;
        for (Throwable cause = thrown.getCause(); cause != null; cause = cause.getCause()) {
            if (++causes > MAX_CAUSES) {
                return false;
            }
        }
        return thrown.toString() != null && !hasHole(thrown.getStackTrace());
    }
}
