package org.blazefl4j.worker;

import java.util.SortedMap;

/**
 * The packages of one round, as an execution mode has its clients trained. A dispatcher tells {@link RoundContext} of
 * each failure and does what that decides. Used by the thread that called {@code localProcess}.
 *
 * @param <U> the uplink package
 */
public interface RoundResults<U> {

    /**
     * Waits for one client's package. Positions are asked for in order from 0; asking for one says that all before it
     * were handed over.
     *
     * @return the package; null if the client was dropped or the round is to end now
     */
    U await(int index);

    /**
     * Takes a client's package without waiting, to be handed over together with those taken since the last
     * {@link #await}.
     *
     * @param index the position after the one that was taken last
     * @return the package; null if it is not there yet, or would be one more than should be held at a time
     */
    U poll(int index);

    /**
     * Ends the round, complete or not: deals no further client and waits for those that run, once the trainer is closed
     * no longer than {@code close()} does.
     *
     * @return what {@link #await} had not returned, by position; the caller owns it
     */
    SortedMap<Integer, U> end();
}
