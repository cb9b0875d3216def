package org.blazefl4j.cli.options;

/** What the user asked for cannot be done; the message says how to ask otherwise. */
final class UsageException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }

    UsageException(String message, Throwable cause) {
        super(message, cause);
    }
}
