package org.blazefl4j.trainer;

import java.util.List;
import org.blazefl4j.core.ClientFailedException;

/**
 * How one round's clients are run in one execution mode. Called on the thread that called {@code localProcess}.
 *
 * @param <U> the uplink package
 */
interface RoundExecution<U> {

    /**
     * How a round ended.
     *
     * @param <U> the uplink package
     * @param packages what {@link #await} had not returned, in order; the caller owns them
     * @param failure the failed client that comes first in the list, the others suppressed; null if none failed
     */
    record Ending<U>(List<U> packages, ClientFailedException failure) {}

    /**
     * Waits for one client's package. Positions are asked for in order from 0; asking for one says that all before it
     * were handed over.
     *
     * @return the package, or null if the round is to end now: a client failed, this one or another, or
     *     {@link Round#stopRequested()}
     */
    U await(int index);

    /**
     * Ends the round, complete or not: deals no further client and waits for those that run. Once the trainer is closed
     * it waits no longer than {@code close()} does. A client that ends with {@code StoppedException} because it was
     * asked to has not failed.
     */
    Ending<U> end();
}
