package org.blazefl4j.cli.options;

/** What the user asked for cannot be done; the message says how to ask otherwise. */
public final class UsageException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public UsageException(String message) {
        super(message);
    }

    public UsageException(String message, Throwable cause) {
        super(message, cause);
    }
}
