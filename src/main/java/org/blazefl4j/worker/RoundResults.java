package org.blazefl4j.worker;

import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * The packages of one round. Each execution mode implements it as a dispatcher, which reports failures to
 * {@link RoundContext} and applies its decisions. For the thread that called {@code localProcess}.
 */
public interface RoundResults<U> {

    /**
     * Waits for a client's package. Positions are requested in order from 0. A request implies that all earlier
     * packages were handed over.
     *
     * @return the package, or null if the client was dropped or the round must end now
     */
    @Nullable
    U await(int index);

    /**
     * Returns a client's package without waiting, to be handed over with those since the last {@link #await}.
     *
     * @param index the position after that of the last package
     * @return the package, or null if it is not ready or too many packages would be held
     */
    @Nullable
    U poll(int index);

    /**
     * Ends the round: deals no more clients and waits for running ones, but once the trainer is closed no longer than
     * {@code close()} does.
     *
     * @return the packages not yet returned, by position; the caller owns them
     */
    SortedMap<Integer, U> end();
}
