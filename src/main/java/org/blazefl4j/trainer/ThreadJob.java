package org.blazefl4j.trainer;

import java.util.concurrent.atomic.AtomicInteger;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.worker.ClientRunner;
import org.blazefl4j.worker.ClientState;
import org.blazefl4j.worker.FailureDecision;
import org.blazefl4j.worker.WorkerCall;
import org.bytedeco.pytorch.Tensor;

/**
 * One client of a round in threads: made by the caller, trained by a worker until it is settled, taken by the caller.
 */
final class ThreadJob<U> {

    private static final int PENDING = 0;
    private static final int DONE = 1;
    private static final int ABANDONED = 2;

    private final AtomicInteger state = new AtomicInteger(PENDING);
    private final int index;
    private final WorkerCall<?, ?, U> call;
    private int worker;
    private U uplink;
    private Tensor keptState;
    private Throwable failure;
    private FailureDecision decision;

    ThreadJob(int index, WorkerCall<?, ?, U> call) {
        this.index = index;
        this.call = call;
    }

    /** Trains the client, again if the round says so; afterwards {@link #isDone}. Throws nothing. */
    void train(RoundContext<?, ?, U> round, ClientRunner runner) {
        worker = runner.index();
        do {
            attempt(round, runner);
            decide(round);
        } while (decision == FailureDecision.RETRY);
        if (!state.compareAndSet(PENDING, DONE)) {
            TensorWalk.closeAll(uplink);
            closeState();
        }
    }

    private void closeState() {
        if (keptState != null) {
            keptState.close();
        }
    }

    /** Allocates nothing of its own, so that it cannot fail itself. */
    private void attempt(RoundContext<?, ?, U> round, ClientRunner runner) {
        failure = null;
        Thread.interrupted(); // the last client's business
        try (ClientState state = new ClientState(() -> round.work().state(index))) {
            uplink = round.run(runner, call, state);
            keptState = state.takeKept();
            round.nonFiniteUnless(state.isFinite(), index);
        } catch (Throwable thrown) {
            failure = thrown;
        }
    }

    /** Where memory has run out this may fail too, and is left to the caller. */
    private void decide(RoundContext<?, ?, U> round) {
        try {
            decision = failure == null ? null : round.failed(index, worker, failure);
        } catch (Throwable undecided) {
            decision = null;
        }
    }

    /** Leaves no failure undecided; once done, on the caller's thread. */
    void requireDecided(RoundContext<?, ?, U> round) {
        if (state.get() == DONE && failure != null && decision == null) {
            round.failedForGood(index, worker, failure);
            decision = FailureDecision.END;
        }
    }

    /** Whether the round ends for this client's failure; once done. */
    boolean endsRound() {
        return failure != null && decision != FailureDecision.DROP;
    }

    boolean isDone() {
        return state.get() != PENDING;
    }

    /** Gives the client up; its worker closes what it may yet return. False if it is done. */
    boolean abandon() {
        return state.compareAndSet(PENDING, ABANDONED);
    }

    /** The bytes of the state that the client left, now the caller's, or null if it left none; once done. */
    Tensor takeState() {
        return state.get() == ABANDONED ? null : keptState;
    }

    /** The client's package, or null if it failed or was given up; once done. */
    U uplink() {
        return state.get() == ABANDONED ? null : uplink;
    }
}
