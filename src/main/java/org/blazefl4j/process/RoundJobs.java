package org.blazefl4j.process;

import org.bytedeco.pytorch.Tensor;

/** The clients of one round, in the order in which they are dealt and handed over. */
public interface RoundJobs {

    /** The round, from 0. */
    int number();

    /** The number of clients. */
    int size();

    /** One client. */
    ClientJob job(int index);

    /** The configuration of one client; called once, when it is dealt. */
    Object config(int index);

    /**
     * The bytes of the state that one client starts from, which the caller owns; null if there is none.
     *
     * @throws IllegalStateException if there should be, but they cannot be read
     */
    Tensor state(int index);

    /** Takes over the bytes of the state that one client left, before its result is returned. */
    void keep(int index, Tensor state);

    /** Whether the round is to end early. */
    boolean stopRequested();

    /** Whether the pool was closed so long ago that clients that have not ended are given up. */
    boolean closeIsOverdue();
}
