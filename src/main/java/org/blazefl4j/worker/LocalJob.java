package org.blazefl4j.worker;

import java.util.concurrent.atomic.AtomicInteger;
import org.blazefl4j.codec.TensorWalk;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A client trained in this process. The calling thread deals it, a worker trains it until its outcome is decided, and
 * the calling thread takes the result.
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
    private @Nullable U uplink;
    private @Nullable Tensor keptState;
    private @Nullable Throwable failure;
    private @Nullable FailureDecision decision;

    public LocalJob(RoundContext<?, ?, U> round, int index) {
        this.round = round;
        this.index = index;
        this.call = round.call(index);
    }

    /** Trains the client, with retries. {@link #isDone} is true afterwards. Throws nothing. */
    public void train(ClientRunner runner) {
        worker = runner.index();
        do {
            attempt(runner);
            decide();
        } while (decision == FailureDecision.RETRY);
        if (!status.compareAndSet(PENDING, DONE)) {
            TensorWalk.closeAll(uplink);
            TensorWalk.closeAll(keptState);
        }
    }

    /** Allocates little, so that it does not fail itself if memory is short. */
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

    /** Decides about a failure. Leaves this to the caller if memory has run out. */
    private void decide() {
        try {
            decision = failure == null ? null : round.failed(index, worker, failure);
        } catch (Throwable undecided) {
            decision = null;
        }
    }

    /** Decides about a failure that is still undecided. For the calling thread, once done. */
    public void requireDecided() {
        if (status.get() == DONE && failure != null && decision == null) {
            round.failedForGood(index, worker, failure);
            decision = FailureDecision.END;
        }
    }

    /** Returns whether the client's failure ends the round. Call it once done. */
    public boolean endsRound() {
        return failure != null && decision != FailureDecision.DROP;
    }

    /** Returns whether the client has ended or was abandoned. */
    public boolean isDone() {
        return status.get() != PENDING;
    }

    /** Abandons the client; its worker closes a late result. Returns false if it is done. */
    public boolean abandon() {
        return status.compareAndSet(PENDING, ABANDONED);
    }

    /** Returns whether there is a package to take. Call it once done. */
    public boolean hasPackage() {
        return uplink != null && status.get() != ABANDONED;
    }

    /** Returns the package, if there is one, and stages the client's state. Call it once done. */
    public @Nullable U take() {
        if (!hasPackage()) {
            return null;
        }
        round.keep(index, keptState);
        return uplink;
    }
}
