package org.blazefl4j.worker;

import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.PhaseClock;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.core.WorkFailedException;
import org.blazefl4j.torch.Denormals;
import org.bytedeco.pytorch.Tensor;

/**
 * One call of {@code localProcess}, or of {@code Workers.map}, as dispatchers see it: what there is to do, what becomes
 * of a state, a result or a failure, and whether the round is to end early. Whatever is decided in a round is decided
 * here, in every execution mode.
 *
 * @param <C> the client's configuration
 * @param <D> the downlink package
 * @param <U> the uplink package
 */
public final class RoundContext<C, D, U> {

    private static final String STOP_EVENT = "stop event set";

    private final RoundWork<C, D, U> work;
    private final ClientWorker<C, D, U> function;
    private final UplinkBuffers<U> buffers;
    private final D payload;
    private final boolean streaming;
    private final TrainerLifecycle trainer;
    private final StopEvent stopEvent;
    private final ClientTimeouts timeouts;
    private final Thread caller = Thread.currentThread();
    private final boolean flushDenormal = Denormals.flushed();
    private final ClientFailures failures;
    private final PhaseClock clock = new PhaseClock();
    private IllegalStateException stateFailure;
    private volatile boolean aborted;
    private volatile String stopReason;
    private volatile boolean interrupted;

    /**
     * A round that the current thread is about to run.
     *
     * @param streaming whether packages go to a sink, so that dealing must stay close to hand-over
     * @param trainer whether the trainer is closed meanwhile
     * @param stopEvent the trainer's
     * @param timeouts may interrupt the current thread because of a client's time limit
     */
    public RoundContext(
            RoundWork<C, D, U> work,
            boolean streaming,
            TrainerLifecycle trainer,
            StopEvent stopEvent,
            ClientTimeouts timeouts) {
        this.work = work;
        this.function = work.function();
        this.buffers = work.buffers();
        this.payload = work.payload();
        this.streaming = streaming;
        this.trainer = trainer;
        this.stopEvent = stopEvent;
        this.timeouts = timeouts;
        this.failures = new ClientFailures(work.rules());
    }

    /** What its workers do. */
    public RoundWork<C, D, U> work() {
        return work;
    }

    /** The number of clients. */
    public int size() {
        return work.ids().size();
    }

    /** Whether packages go to a sink, so that dealing must stay within {@link RoundWork#slots()} of hand-over. */
    public boolean streaming() {
        return streaming;
    }

    /** The thread that called {@code localProcess}. */
    public Thread caller() {
        return caller;
    }

    /** Whether clients flush denormal numbers to zero, as the calling thread does. */
    public boolean flushDenormal() {
        return flushDenormal;
    }

    /** Where the calling thread's time goes. */
    public PhaseClock clock() {
        return clock;
    }

    /** The clients that failed so far. */
    public ClientFailures failures() {
        return failures;
    }

    // ---- clients of this process

    /** Lays out results. On the calling thread, before the first client is dealt. */
    public void prepareBuffers() {
        if (buffers != null) {
            buffers.prepare();
        }
    }

    /** What a worker calls for the client at a position. On the calling thread, when it is dealt. */
    WorkerCall<C, D, U> call(int index) {
        return new WorkerCall<>(function, work.job(index), work.config(index), payload, () -> buffers.next());
    }

    /** Has a worker do that. */
    U run(ClientRunner runner, WorkerCall<?, ?, U> call, ClientState state) throws Exception {
        return runner.run(call, state, buffers);
    }

    // ---- states and results

    /** Takes over the bytes of the state that a client left, null if it left none. On the calling thread. */
    public void keep(int index, Tensor state) {
        if (state == null) {
            return;
        }
        if (aborted) {
            state.close();
        } else {
            stage(index, state);
        }
    }

    private void stage(int index, Tensor state) {
        try {
            work.stage(index, state);
        } catch (IllegalStateException e) {
            stateFailure = e;
            abort();
        }
    }

    /** Why a state could not be kept, which ends the round; null if none failed. */
    IllegalStateException stateFailure() {
        return stateFailure;
    }

    /** Notes that a client's result holds NaN or an infinity. Any thread. */
    public void nonFinite(int index) {
        failures.nonFinite(index, work.ids().get(index));
    }

    // ---- failures

    /**
     * Decides what becomes of a client that threw something. Any thread.
     *
     * @param early whether that says that it ended early. If it was asked to it has not failed, but the round ends
     */
    public FailureDecision failed(int index, int worker, boolean early, Throwable cause) {
        if (early && stopRequested()) {
            return FailureDecision.END;
        }
        return failed(index, work.failure(index, worker, null, cause), false);
    }

    /** Decides what becomes of a client that threw something in the current thread of this process. */
    FailureDecision failed(int index, int worker, Throwable cause) {
        boolean interrupt = cause instanceof InterruptedException;
        if (interrupt && Thread.currentThread() == caller) {
            caller.interrupt(); // the client took the flag, which is the caller's
        }
        return failed(index, worker, interrupt || cause instanceof StoppedException, RemoteError.sound(cause));
    }

    /** A client threw something, and it is too late to do anything about it. */
    void failedForGood(int index, int worker, Throwable cause) {
        failures.end(index, work.failure(index, worker, null, RemoteError.sound(cause)));
    }

    /**
     * Decides what becomes of a client that failed.
     *
     * @param finished whether it had done its work, so that only its result was lost
     * @return never {@link FailureDecision#RETRY} once the round is to end
     */
    public FailureDecision failed(int index, WorkFailedException failure, boolean finished) {
        if (ContractViolationException.is(failure.getCause())) {
            return failures.end(index, failure); // trained again it might pass unseen
        }
        if (NonFiniteResultException.is(failure.getCause())) {
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

    /** Tells running clients to end early because the caller failed, or a state could not be kept. */
    void abort() {
        aborted = true;
    }

    /** Whether the trainer is closed, be it that its clients have yet to end. */
    public boolean isClosed() {
        return trainer.isClosed();
    }

    /** Whether the trainer was closed so long ago that clients that have not ended are given up. */
    public boolean closeIsOverdue() {
        return trainer.closeIsOverdue();
    }

    /** Whether running clients should end early. Once true it stays so, though the stop event is cleared meanwhile. */
    public boolean stopRequested() {
        return aborted || stopReason() != null;
    }

    /**
     * Does nothing unless somebody has asked for the end.
     *
     * @throws StoppedException if so; the stop event, if it was that, is then cleared
     */
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

    private String stopReason() {
        if (stopReason == null) {
            stopReason = currentStopReason();
        }
        return stopReason;
    }

    private String currentStopReason() {
        if (trainer.isClosed()) {
            return "trainer closed";
        }
        if (stopEvent.isSet()) {
            return STOP_EVENT;
        }
        return interrupted || callerIsInterrupted() ? "calling thread interrupted" : null;
    }

    // ---- interrupts

    private boolean callerIsInterrupted() {
        return caller.isInterrupted() && !timeouts.interrupts(caller);
    }

    /** Clears the interrupt flag of a worker's thread, which was meant for its last client. */
    void clearInterrupt() {
        if (Thread.currentThread() != caller) {
            Thread.interrupted();
        }
    }

    /** Takes the calling thread's interrupt flag, so that it can wait on; the round remembers it. */
    public void holdInterrupt() {
        if (Thread.interrupted()) {
            interrupted = true;
        }
    }

    /** Puts the calling thread's interrupt flag back. */
    public void restoreInterrupt() {
        if (interrupted) {
            caller.interrupt();
        }
    }
}
