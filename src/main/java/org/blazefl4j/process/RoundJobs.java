package org.blazefl4j.process;

import org.blazefl4j.core.PhaseClock;
import org.blazefl4j.core.ShardFunction;
import org.blazefl4j.core.WorkFailedException;
import org.blazefl4j.worker.ClientJob;
import org.blazefl4j.worker.FailureDecision;
import org.bytedeco.pytorch.Tensor;

/**
 * The clients of one round, or the shards of work between rounds, in the order in which they are dealt and handed over.
 */
public interface RoundJobs {

    /** The round, from 0. */
    int number();

    /** Where the time of the thread that runs the round goes; {@link PoolRound} switches it. */
    PhaseClock clock();

    /** The number of clients. */
    int size();

    /** What works the shards; null where clients are trained, by the function that workers have had from the start. */
    ShardFunction<?, ?> shardFunction();

    /** One client; called once, when it is dealt first. */
    ClientJob job(int index);

    /** The configuration of one client; called once, when it is dealt first. */
    Object config(int index);

    /**
     * The bytes of the state that one client starts from, which the caller owns; null if there is none.
     *
     * @throws IllegalStateException if there should be, but they cannot be read
     */
    Tensor state(int index);

    /** Takes over the bytes of the state that one client left, before its result is returned. */
    void keep(int index, Tensor state);

    /** Notes that one client's result is not finite, before it is returned. */
    void nonFinite(int index);

    /** Describes the failure of one client. */
    WorkFailedException failure(int index, int worker, String reason, Throwable cause);

    /** Describes the failure of one client by what it threw. */
    WorkFailedException failure(int index, int worker, Throwable cause);

    /**
     * A client failed: it threw, or its worker or its result was lost. Not told of one that ended early because it was
     * asked to.
     *
     * @param finished whether it had done its work, and its result went with its worker
     * @return what becomes of it; never {@link FailureDecision#RETRY} once the round is to end
     */
    FailureDecision failed(int index, WorkFailedException failure, boolean finished);

    /** Whether the round is to end early. */
    boolean stopRequested();

    /** Whether the pool was closed so long ago that clients that have not ended are given up. */
    boolean closeIsOverdue();
}
