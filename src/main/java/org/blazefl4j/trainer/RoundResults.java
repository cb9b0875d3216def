package org.blazefl4j.trainer;

import java.util.SortedMap;

/**
 * How one round's clients are run in one execution mode. Whoever trains a client tells {@link RoundContext#failed} if
 * it fails, and does as that says. Called on the thread that called {@code localProcess}.
 *
 * @param <U> the uplink package
 */
interface RoundResults<U> {

    /**
     * Waits for one client's package. Positions are asked for in order from 0; asking for one says that all before it
     * were handed over.
     *
     * @return the package, or null: then {@link ClientFailures#isDropped} says so of this client, or the round is to
     *     end now, for a client failed, this one or another, or {@link RoundContext#stopRequested()}
     */
    U await(int index);

    /**
     * Takes a client's package if it is there already, without waiting, so that it can be handed over together with
     * those that were taken since the last {@link #await}.
     *
     * @param index the position after the one that was taken last
     * @return the package, or null if it is not there, or would be one more than should be held at a time; it is then
     *     to be awaited
     */
    U poll(int index);

    /**
     * Ends the round, complete or not: deals no further client and waits for those that run. Once the trainer is closed
     * it waits no longer than {@code close()} does. A client that ends with {@code StoppedException} because it was
     * asked to has not failed.
     *
     * @return what {@link #await} had not returned, by position; the caller owns it
     */
    SortedMap<Integer, U> end();
}
