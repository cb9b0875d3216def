package org.blazefl4j.worker;

import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * The packages of one round, in the order of its {@link Delivery}. Each execution mode implements it as a dispatcher,
 * which reports failures to {@link RoundContext} and applies its decisions. For the thread that called
 * {@code localProcess}.
 */
public interface RoundResults<U> {

    /** No position. */
    int NONE = -1;

    /**
     * Waits for the next client that has a package or was dropped. Called at most once for each client, and again only
     * when all earlier packages were handed over.
     *
     * @return the package, or null if the client was dropped or the round must end now
     */
    @Nullable
    U await();

    /**
     * Returns the next package without waiting, to be handed over with those since the last {@link #await}.
     *
     * @return the package, or null if none is ready or too many packages would be held
     */
    @Nullable
    U poll();

    /**
     * Returns the position of the client that the last {@link #await} or {@link #poll} was about; {@link #NONE} or that
     * of a client that is not dropped if the round must end.
     */
    int position();

    /**
     * Returns the sum of the packages since the last {@link #await}, which the caller then owns, or null if the round
     * adds none up.
     */
    default @Nullable Object total() {
        return null;
    }

    /**
     * Ends the round: deals no more clients and waits for running ones, but once the trainer is closed no longer than
     * {@code close()} does.
     *
     * @return the packages not yet returned, by position; the caller owns them
     */
    SortedMap<Integer, U> end();
}
