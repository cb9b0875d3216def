package org.blazefl4j.worker;

import java.util.concurrent.atomic.AtomicInteger;
import org.blazefl4j.codec.TensorWalk;
import org.bytedeco.pytorch.Tensor;

/**
 * One client that is trained in this process: made by the calling thread when it is dealt, trained by a worker until it
 * is settled what becomes of it, and taken by the calling thread.
 *
 * @param <U> the uplink package
 */
public final class LocalJob<U> {

    private static final int PENDING = 0;
    private static final int DONE = 1;
    private static final int ABANDONED = 2;

    private final AtomicInteger status = new AtomicInteger(PENDING);
    private final RoundContext<?, ?, U> round;
    private final int index;
    private final WorkerCall<?, ?, U> call;
    private int worker;
    private U uplink;
    private Tensor keptState;
    private Throwable failure;
    private FailureDecision decision;

    /** Deals the client at a position of the round. */
    public LocalJob(RoundContext<?, ?, U> round, int index) {
        this.round = round;
        this.index = index;
        this.call = round.call(index);
    }

    /** Trains the client, again if the round says so; afterwards {@link #isDone}. Throws nothing. */
    public void train(ClientRunner runner) {
        worker = runner.index();
        do {
            attempt(runner);
            decide();
        } while (decision == FailureDecision.RETRY);
        if (!status.compareAndSet(PENDING, DONE)) {
            TensorWalk.closeAll(uplink);
            closeState();
        }
    }

    private void closeState() {
        if (keptState != null) {
            keptState.close();
        }
    }

    /** Allocates nothing that it does not need, so that it cannot fail itself. */
    private void attempt(ClientRunner runner) {
        failure = null;
        round.clearInterrupt();
        try (ClientState state = new ClientState(() -> round.work().state(index))) {
            uplink = round.run(runner, call, state);
            keptState = state.takeKept();
            if (!state.isFinite()) {
                round.nonFinite(index);
            }
        } catch (Throwable thrown) {
            failure = thrown;
        }
    }

    /** Where memory has run out this may fail too, and is left to the caller. */
    private void decide() {
        try {
            decision = failure == null ? null : round.failed(index, worker, failure);
        } catch (Throwable undecided) {
            decision = null;
        }
    }

    /** Leaves no failure undecided; once done, on the calling thread. */
    public void requireDecided() {
        if (status.get() == DONE && failure != null && decision == null) {
            round.failedForGood(index, worker, failure);
            decision = FailureDecision.END;
        }
    }

    /** Whether the round ends because of this client's failure; once done. */
    public boolean endsRound() {
        return failure != null && decision != FailureDecision.DROP;
    }

    /** Whether the client has ended, or was given up. */
    public boolean isDone() {
        return status.get() != PENDING;
    }

    /** Gives the client up; its worker closes what it may yet return. False if it is done. */
    public boolean abandon() {
        return status.compareAndSet(PENDING, ABANDONED);
    }

    /** Whether there is a package to take; once done. */
    public boolean hasPackage() {
        return uplink != null && status.get() != ABANDONED;
    }

    /** Takes the package, and keeps the state that the client left; null if there is none. Once done. */
    public U take() {
        if (!hasPackage()) {
            return null;
        }
        round.keep(index, keptState);
        return uplink;
    }
}
