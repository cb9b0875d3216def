package org.blazefl4j.core;

import org.jspecify.annotations.Nullable;

/**
 * An exception that a client threw in a worker process: its class name, message, stack trace, causes and suppressed
 * exceptions. The class itself need not exist in the parent.
 */
public final class RemoteWorkerException extends Exception {

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
