package org.blazefl4j.core;

import java.util.List;

/**
 * Follows the rounds of a simulation, such as a progress bar or a result file. All methods are called on the thread
 * that runs the rounds and do nothing unless overridden; an exception ends the simulation.
 *
 * @param <U> the uplink package; {@code Object} for a listener of any algorithm
 */
public interface RoundListener<U> {

    /**
     * A round begins.
     *
     * @param round the round, from 0
     * @param cids its clients, in the order in which they will be trained
     */
    default void roundStarted(int round, List<Integer> cids) {}

    /**
     * The handler has loaded one client's package. Calls come in the order of the clients, or as packages arrive if the
     * handler {@linkplain ServerHandler#acceptsAnyOrder accepts any order}.
     *
     * @param round the round, from 0
     * @param uplink closed after the return; keep tensors as in {@link ServerHandler#load}
     */
    default void clientLoaded(int round, U uplink) {}

    /** A round is complete and the global model updated. */
    default void roundFinished(RoundReport report) {}

    /**
     * The run was ended by the handler, a {@link StopRule} or {@link Simulation#stop()}. Not called after a failure.
     */
    default void runFinished(Simulation.Summary summary) {}
}
