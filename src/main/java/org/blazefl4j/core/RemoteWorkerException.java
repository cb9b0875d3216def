package org.blazefl4j.core;

/**
 * What a client threw in a worker process, as far as it crosses to the parent: class name, message, stack trace, causes
 * and suppressed exceptions. The class itself need not exist in the parent.
 */
public final class RemoteWorkerException extends Exception {

    private static final long serialVersionUID = 1L;

    private final String className;

    /**
     * Stands for an exception of another process.
     *
     * @param className its class
     * @param message its message; may be null
     * @param stackTrace where it was thrown
     * @param cause what caused it; may be null
     */
    public RemoteWorkerException(
            String className, String message, StackTraceElement[] stackTrace, RemoteWorkerException cause) {
        super(message, cause);
        this.className = className;
        setStackTrace(stackTrace);
    }

    /** The class of the exception that was thrown. */
    public String className() {
        return className;
    }

    /** As the exception itself would print. */
    @Override
    public String toString() {
        return getMessage() == null ? className : className + ": " + getMessage();
    }
}
