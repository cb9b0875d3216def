package org.blazefl4j.codec;

/**
 * Bytes that are not a whole, undamaged message of {@link PackageEncoder}, or that do not fit this process's classes.
 */
public final class PackageFormatException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Says what is wrong, in the form {@code what: name=value, limit=value}. */
    public PackageFormatException(String message) {
        super(message);
    }

    /** The same with the failure behind it, such as a record's constructor that refuses its components. */
    public PackageFormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
