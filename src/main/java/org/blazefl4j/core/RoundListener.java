package org.blazefl4j.core;

import java.util.List;

/**
 * Follows the rounds of a simulation: a progress bar, a result file, a check of one's own. All methods are called on
 * the thread that runs the rounds and do nothing unless overridden; what they throw ends the simulation.
 *
 * @param <U> the uplink package; {@code Object} for a listener of any algorithm
 */
public interface RoundListener<U> {

    /**
     * A round begins.
     *
     * @param round the round, from 0
     * @param cids its clients, in the order in which their packages will be handed over
     */
    default void roundStarted(int round, List<Integer> cids) {}

    /**
     * The handler has loaded one client's package.
     *
     * @param round the round, from 0
     * @param uplink the package; closed after the return: what is kept is kept as in {@link ServerHandler#load}
     */
    default void clientLoaded(int round, U uplink) {}

    /**
     * A round is complete and the global model updated.
     *
     * @param report what happened
     */
    default void roundFinished(RoundReport report) {}

    /**
     * The run is over because the handler or {@link Simulation#stop()} ended it. Not called when it failed.
     *
     * @param summary what was done
     */
    default void runFinished(SimulationSummary summary) {}
}
