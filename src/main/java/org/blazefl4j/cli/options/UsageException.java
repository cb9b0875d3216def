package org.blazefl4j.cli.options;

/** Thrown if the user's request cannot be met; the message says how to change it. */
public final class UsageException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public UsageException(String message) {
        super(message);
    }

    public UsageException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Creates an exception in place of the library's, whose message would be printed too if it were the cause. */
    public static UsageException insteadOf(RuntimeException failure, String message) {
        UsageException refusal = new UsageException(message);
        refusal.addSuppressed(failure);
        return refusal;
    }
}
