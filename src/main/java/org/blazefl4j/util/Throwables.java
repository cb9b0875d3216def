package org.blazefl4j.util;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads exceptions of user code, whose own methods may throw, return null or form cycles. */
public final class Throwables {

    /** A longer chain of causes is taken to be a cycle. */
    private static final int MAX_CAUSES = 64;

    private static final int MAX_IN_ALL = 1024;

    private Throwables() {}

    /** Returns {@code toString()}, or the class and why {@code toString()} cannot be used. */
    public static String text(Throwable thrown) {
        try {
            String text = thrown.toString();
            return text != null ? text : thrown.getClass().getName() + ": (toString() returned null)";
        } catch (Throwable e) {
            return thrown.getClass().getName() + ": (toString() threw "
                    + e.getClass().getName() + ")";
        }
    }

    public static @Nullable String message(Throwable thrown) {
        try {
            return thrown.getMessage();
        } catch (Throwable e) {
            return "(getMessage() threw " + e.getClass().getName() + ")";
        }
    }

    /** Returns the stack trace; empty if it cannot be read. */
    public static StackTraceElement[] trace(Throwable thrown) {
        try {
            StackTraceElement[] trace = thrown.getStackTrace();
            return hasHole(trace) ? new StackTraceElement[0] : trace;
        } catch (Throwable e) {
            return new StackTraceElement[0];
        }
    }

    private static boolean hasHole(StackTraceElement[] trace) {
        return trace == null || Arrays.asList(trace).contains(null);
    }

    /** Returns the cause; null if there is none or it cannot be read. */
    public static @Nullable Throwable cause(Throwable thrown) {
        try {
            return thrown.getCause();
        } catch (Throwable e) {
            return null;
        }
    }

    /**
     * Returns whether the exception, its causes and its suppressed exceptions can be printed and logged: every method
     * returns a value, and chains of causes end.
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
