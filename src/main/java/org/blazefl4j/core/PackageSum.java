package org.blazefl4j.core;

import java.util.Iterator;
import java.util.List;

/**
 * Adds clients' packages up where they are trained, for trainers whose workers are on other machines: one sum crosses
 * instead of the tensors of each package. Crosses to workers, so it is best a record. Handlers make it
 * ({@link ServerHandler#packageSum}).
 *
 * @param <U> the uplink package
 */
public interface PackageSum<U> {

    /** Returns a new, empty part of the sum. */
    Part<U> open();

    /**
     * The sum of some clients' packages. Used by one thread.
     *
     * @param <U> the uplink package
     */
    interface Part<U> extends AutoCloseable {

        /**
         * Adds packages.
         *
         * @param uplinks stay the caller's
         * @throws IllegalArgumentException if one does not fit
         */
        void add(List<? extends U> uplinks);

        /** Returns the sum for {@link ServerHandler#loadSum}: anything a package may hold. The caller owns it. */
        Object total();

        /**
         * Empties the sum, so that it is like a new one but has its memory already.
         *
         * @return whether it did; by default not, and it is closed and replaced by a new one
         */
        default boolean clear() {
            return false;
        }

        @Override
        void close();
    }

    /**
     * A sum whose totals can be cut into ranges of elements, so that large ones are merged range by range on several
     * machines, and one crosses to the handler. Changes no bit.
     *
     * @param <U> the uplink package
     */
    interface Divisible<U> extends PackageSum<U> {

        /** Returns about how many bytes a total takes. */
        long bytes();

        /** Returns how many elements a total has, which are the most ranges that have some. */
        long numel();

        /**
         * Cuts a total.
         *
         * @param total what {@link Part#total} returned; stays the caller's, and open while the ranges are used
         * @param ranges how many; some have no elements if they are more than {@link #numel()}
         * @return totals of the ranges, in order; the caller owns them
         */
        List<Object> split(Object total, int ranges);

        /**
         * Adds totals of the same range up.
         *
         * @param totals at least one; each is closed before the next is taken
         * @return a total of the range, which the caller owns
         * @throws IllegalArgumentException if they do not fit
         */
        Object merge(Iterator<?> totals);

        /**
         * Puts ranges together.
         *
         * @param ranges a total of each range, in order; stay the caller's
         * @return the total of all elements, which the caller owns
         */
        Object join(List<?> ranges);
    }
}
