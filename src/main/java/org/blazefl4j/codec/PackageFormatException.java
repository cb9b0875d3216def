package org.blazefl4j.codec;

/**
 * Thrown if bytes are not a complete, undamaged message of {@link PackageEncoder}, or do not fit the classes of this
 * process.
 */
public final class PackageFormatException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Creates an exception with a message of the form {@code what: name=value, expected=value}. */
    public PackageFormatException(String message) {
        super(message);
    }

    /** Creates an exception with a cause, such as a record constructor that refuses its components. */
    public PackageFormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
