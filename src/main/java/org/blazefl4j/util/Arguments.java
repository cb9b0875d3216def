package org.blazefl4j.util;

/** Checks arguments, for options and constructors; not for hot paths, because the message is made in any case. */
public final class Arguments {

    private Arguments() {}

    /**
     * Requires a condition.
     *
     * @param refusal the message if it does not hold: {@code what: name=value, limit=value}, then the remedy
     * @throws IllegalArgumentException if the condition does not hold
     */
    public static void require(boolean condition, String refusal) {
        if (!condition) {
            throw new IllegalArgumentException(refusal);
        }
    }
}
