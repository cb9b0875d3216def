package org.blazefl4j.util;

import java.util.function.Supplier;

/** Checks arguments. On hot paths the message is a supplier, since otherwise it is made in any case. */
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

    /** Requires a condition likewise, and makes the message only if it does not hold. */
    public static void require(boolean condition, Supplier<String> refusal) {
        if (!condition) {
            throw new IllegalArgumentException(refusal.get());
        }
    }

    /** Requires a number of at least 0 and below 1, such as a momentum. */
    public static void requireShare(String name, double value) {
        require(value >= 0 && value < 1, () -> name + " out of range: " + name + "=" + value + ", limit=[0, 1)");
    }

    /**
     * Requires a number above 0 that is finite.
     *
     * @param what the number in words, for the message
     */
    public static void requirePositive(String what, String name, double value) {
        require(
                value > 0 && value < Double.POSITIVE_INFINITY,
                () -> what + " out of range: " + name + "=" + value + ", limit=above 0 and finite");
    }

    /** Requires a number that is 0 or more and finite, as {@link #requirePositive}. */
    public static void requireNotNegative(String what, String name, double value) {
        require(
                value >= 0 && value < Double.POSITIVE_INFINITY,
                () -> what + " out of range: " + name + "=" + value + ", limit=0 or more and finite");
    }
}
