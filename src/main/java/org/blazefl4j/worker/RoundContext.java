package org.blazefl4j.worker;

import java.util.function.Supplier;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.core.WorkFailedException;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.util.PhaseClock;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * One call of {@code localProcess}, {@code evaluate} or {@code Workers.map}, as dispatchers see it. Makes all decisions
 * of a round in every execution mode: about states, results and failures, and whether the round ends early.
 */
public final class RoundContext<C, D, U> {

    private static final String STOP_EVENT = "stop event set";

    private final RoundWork<C, D, U> work;
    private final Delivery delivery;
    private final TrainerLifecycle trainer;
    private final StopEvent stopEvent;
    private final ClientTimeouts timeouts;
    private final Thread caller = Thread.currentThread();
    private final boolean flushDenormal = LibTorch.flushesDenormal();
    private final ClientFailures failures;
    private final PhaseClock<Phase> clock = new PhaseClock<>(Phase.class);
    private @Nullable IllegalStateException stateFailure;
    private volatile boolean aborted;
    private volatile @Nullable String stopReason;
    private volatile boolean interrupted;

    /**
     * Creates a round for the current thread to run.
     *
     * @param delivery when and in which order packages are handed over
     * @param timeouts the interrupts of clients, which may hit the current thread
     */
    public RoundContext(
            RoundWork<C, D, U> work,
            Delivery delivery,
            TrainerLifecycle trainer,
            StopEvent stopEvent,
            ClientTimeouts timeouts) {
        this.work = work;
        this.delivery = delivery;
        this.trainer = trainer;
        this.stopEvent = stopEvent;
        this.timeouts = timeouts;
        this.failures = new ClientFailures(work.rules());
    }

    public RoundWork<C, D, U> work() {
        return work;
    }

    public int size() {
        return work.ids().size();
    }

    /** Returns whether dealing must stay within {@link RoundWork#slots()} of hand-over. */
    public boolean streaming() {
        return delivery != Delivery.COLLECTED;
    }

    /** Returns whether packages are handed over as they arrive, and not in list order. */
    public boolean inAnyOrder() {
        return delivery == Delivery.IN_ANY_ORDER;
    }

    public Thread caller() {
        return caller;
    }

    /** Returns whether clients flush denormal numbers to zero, as the calling thread does. */
    public boolean flushDenormal() {
        return flushDenormal;
    }

    public PhaseClock<Phase> clock() {
        return clock;
    }

    public ClientFailures failures() {
        return failures;
    }

    // ---- clients of this process

    /** Determines the layout of results. For the calling thread, before the first client is dealt. */
    public void prepareBuffers() {
        UplinkBuffers<U> buffers = work.buffers();
        if (buffers != null) {
            buffers.layout();
        }
    }

    /** Returns the call for the client at a position. For the calling thread, when the client is dealt. */
    WorkerCall<C, D, U> call(int index) {
        UplinkBuffers<U> buffers = work.buffers();
        ClientJob job = work.job(index);
        Supplier<? extends U> next = buffers == null ? () -> null : () -> buffers.next(job.device());
        return new WorkerCall<>(work.function(), job, work.config(index), work.payload(), next);
    }

    U run(ClientRunner runner, WorkerCall<?, ?, U> call, ClientState state) throws Exception {
        return runner.run(call, state, work.buffers());
    }

    // ---- states and results

    /** Takes ownership of a client's encoded state, which may be null. For the calling thread. */
    public void keep(int index, @Nullable Tensor state) {
        if (state == null) {
            return;
        }
        if (aborted) {
            state.close();
            return;
        }
        try {
            work.stage(index, state);
        } catch (IllegalStateException e) {
            stateFailure = e;
            abort();
        }
    }

    /** Returns why a state could not be kept, if that was so; it ends the round. */
    @Nullable
    IllegalStateException stateFailure() {
        return stateFailure;
    }

    /** Records that a client's result contains NaN or an infinity. Callable from any thread. */
    public void nonFinite(int index) {
        failures.nonFinite(index, work.ids().get(index));
        work.nonFinite(index);
    }

    // ---- failures

    /**
     * Decides about a client that threw an exception. Callable from any thread.
     *
     * @param early whether the exception reports an early stop, which is no failure if the round must end
     */
    public FailureDecision failed(int index, int worker, boolean early, Throwable cause) {
        if (early && stopRequested()) {
            return FailureDecision.END;
        }
        return failed(index, work.failure(index, worker, null, cause), false);
    }

    /** Decides about a client that threw an exception in the current thread. */
    FailureDecision failed(int index, int worker, Throwable cause) {
        boolean interrupt = cause instanceof InterruptedException;
        if (interrupt && Thread.currentThread() == caller) {
            caller.interrupt(); // the client cleared the flag, which is the caller's
        }
        return failed(index, worker, interrupt || cause instanceof StoppedException, RemoteError.sound(cause));
    }

    /** Records a failure that ends the round. */
    void failedForGood(int index, int worker, Throwable cause) {
        failures.end(index, work.failure(index, worker, null, RemoteError.sound(cause)));
    }

    /**
     * Decides about a client that failed.
     *
     * @param finished whether the client had finished and only its result was lost
     * @return the decision; not {@link FailureDecision#RETRY} once the round must end
     */
    public FailureDecision failed(int index, WorkFailedException failure, boolean finished) {
        if (RemoteError.isA(ContractViolationException.class, failure.getCause())) {
            return failures.end(index, failure); // a retry might hide it
        }
        if (RemoteError.isA(NonFiniteResultException.class, failure.getCause())) {
            nonFinite(index);
            return failedNonFinite(index, (ClientFailedException) failure);
        }
        return failures.add(index, failure, finished, stopRequested());
    }

    private FailureDecision failedNonFinite(int index, ClientFailedException failure) {
        return switch (work.rules().onNonFinite()) {
            case DROP -> failures.drop(index, failure);
            case RETRY -> failures.add(index, failure, false, stopRequested());
            default -> failures.end(index, failure);
        };
    }

    // ---- the end

    /** Makes running clients stop early, because the caller failed or a state could not be kept. */
    void abort() {
        aborted = true;
    }

    public boolean isClosed() {
        return trainer.isClosed();
    }

    /** Returns whether the trainer was closed so long ago that running clients are given up. */
    public boolean closeIsOverdue() {
        return trainer.closeIsOverdue();
    }

    /** Returns whether running clients should stop early. Stays true even if the stop event is cleared. */
    public boolean stopRequested() {
        return aborted || stopReason() != null;
    }

    /** Throws a {@link StoppedException} if the round was stopped. Clears the stop event if that was the reason. */
    public void throwIfStopped() {
        String reason = stopReason();
        if (reason == null) {
            return;
        }
        if (reason.equals(STOP_EVENT)) {
            stopEvent.clear();
        }
        StoppedException stopped = new StoppedException("stopped: " + reason + ", round=" + (work.round() + 1));
        failures.addUnsettledTo(stopped);
        throw stopped;
    }

    private @Nullable String stopReason() {
        if (stopReason == null) {
            if (trainer.isClosed()) {
                stopReason = "trainer closed";
            } else if (stopEvent.isSet()) {
                stopReason = STOP_EVENT;
            } else if (interrupted || caller.isInterrupted() && !timeouts.interrupts(caller)) {
                stopReason = "calling thread interrupted";
            }
        }
        return stopReason;
    }

    // ---- interrupts

    /** Clears the interrupt flag of a worker's thread, which was set for its last client. */
    void clearInterrupt() {
        if (Thread.currentThread() != caller) {
            Thread.interrupted();
        }
    }

    /** Clears and remembers the calling thread's interrupt flag, so that it can continue to wait. */
    public void holdInterrupt() {
        if (Thread.interrupted()) {
            interrupted = true;
        }
    }

    /** Restores the calling thread's interrupt flag. */
    public void restoreInterrupt() {
        if (interrupted) {
            caller.interrupt();
        }
    }
}
