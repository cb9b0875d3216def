package org.blazefl4j.core;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.blazefl4j.util.Throwables;
import org.jspecify.annotations.Nullable;

/**
 * Thrown if a worker returned no result: it threw, died, froze or was killed, or exceeded its time limit. Message and
 * cause say which.
 */
public abstract class WorkFailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** The end of the message and start of the native stack in LibTorch's exceptions. */
    private static final Pattern NATIVE_STACK = Pattern.compile("\n(Exception raised from |frame #0: )");

    private final String what;
    private final int worker;
    private final String reason;
    private final int attempts;

    /**
     * Describes one failure.
     *
     * @param what what failed, the start of the message
     * @param reason what happened; null for the text of the cause
     * @param cause the worker's exception, with its stack trace, if it threw one
     */
    WorkFailedException(String what, int worker, @Nullable String reason, @Nullable Throwable cause) {
        super(what + ", worker=" + worker + ": " + text(reason, cause), cause);
        this.what = what;
        this.worker = worker;
        this.reason = text(reason, cause);
        this.attempts = 1;
    }

    /** Describes the last of several attempts, with another message. */
    WorkFailedException(String message, WorkFailedException last, int attempts) {
        super(message, last.getCause());
        this.what = last.what;
        this.worker = last.worker;
        this.reason = last.reason;
        this.attempts = attempts;
    }

    private static String text(@Nullable String reason, @Nullable Throwable cause) {
        if (reason != null || cause == null) {
            return String.valueOf(reason);
        }
        String text = Throwables.text(cause);
        Matcher stack = NATIVE_STACK.matcher(text);
        return stack.find() ? text.substring(0, stack.start()).stripTrailing() : text;
    }

    /**
     * Describes the failure of several attempts: the last one's failure, with the number of attempts in its message and
     * the earlier failures suppressed.
     *
     * @param attempts the attempts' failures in order, at least one
     * @return the failure itself if there is only one; else a new one of the same class
     */
    public static WorkFailedException ofAttempts(List<? extends WorkFailedException> attempts) {
        WorkFailedException last = attempts.get(attempts.size() - 1);
        if (attempts.size() == 1) {
            return last;
        }
        int tried = attempts.size();
        WorkFailedException all =
                last.with(last.what + ", worker=" + last.worker + ", attempts=" + tried + ": " + last.reason, tried);
        attempts.subList(0, tried - 1).forEach(all::addSuppressed);
        return all;
    }

    /** Returns this failure with another message and number of attempts. */
    abstract WorkFailedException with(String message, int attempts);

    /** Returns the index of the worker that failed. */
    public final int worker() {
        return worker;
    }

    /** Returns the number of failed attempts, from 1. */
    public final int attempts() {
        return attempts;
    }

    /**
     * An exception that a client threw in a worker process: its class name, message, stack trace, causes and suppressed
     * exceptions. The class itself need not exist in the parent.
     */
    public static final class RemoteWorkerException extends Exception {

        private static final long serialVersionUID = 1L;

        private final String className;

        /** Stands for an exception of the class of this name. */
        public RemoteWorkerException(
                String className,
                @Nullable String message,
                StackTraceElement[] stackTrace,
                @Nullable RemoteWorkerException cause) {
            super(message, cause);
            this.className = className;
            setStackTrace(stackTrace);
        }

        /** Returns the class name of the exception that was thrown. */
        public String className() {
            return className;
        }

        /** Returns the text of the original exception. */
        @Override
        public String toString() {
            return getMessage() == null ? className : className + ": " + getMessage();
        }
    }
}
