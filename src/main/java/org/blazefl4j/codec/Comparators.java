package org.blazefl4j.codec;

import java.util.Collections;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/** Well-known comparators of sorted sets and maps, which cross by number. Others cross as values. */
enum Comparators {
    /** No comparator: natural order. */
    NONE(null),
    NATURAL(Comparator.<String>naturalOrder()),
    REVERSED(Collections.reverseOrder()),
    IGNORING_CASE(String.CASE_INSENSITIVE_ORDER),
    /** Encoded as a value. */
    OTHER(null);

    private static final Comparators[] VALUES = values();

    final @Nullable Comparator<?> comparator;

    Comparators(@Nullable Comparator<?> comparator) {
        this.comparator = comparator;
    }

    static Comparators of(@Nullable Comparator<?> comparator) {
        for (Comparators known : VALUES) {
            if (known != OTHER && known.comparator == comparator) {
                return known;
            }
        }
        return OTHER;
    }

    /** Returns the constant with a number, if it exists. */
    static @Nullable Comparators of(int number) {
        return number < VALUES.length ? VALUES[number] : null;
    }
}
