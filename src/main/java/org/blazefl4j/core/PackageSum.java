package org.blazefl4j.core;

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

        @Override
        void close();
    }
}
