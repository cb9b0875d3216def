package org.blazefl4j.trainer;

import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.PhaseClock;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.core.WorkFailedException;
import org.blazefl4j.torch.Denormals;
import org.blazefl4j.worker.ClientRunner;
import org.blazefl4j.worker.ClientState;
import org.blazefl4j.worker.ContractViolationException;
import org.blazefl4j.worker.FailureDecision;
import org.blazefl4j.worker.NonFiniteResultException;
import org.blazefl4j.worker.UplinkBuffers;
import org.blazefl4j.worker.WorkerCall;
import org.bytedeco.pytorch.Tensor;

/**
 * One call of {@code localProcess}, or of {@code Workers.map}, as the execution modes see it.
 *
 * @param <C> the client's configuration
 * @param <D> the downlink package
 * @param <U> the uplink package
 */
final class RoundContext<C, D, U> {

    private static final String STOP_EVENT = "stop event set";

    private final AbstractClientTrainer<?, ?, ?> trainer;
    private final int number;
    private final RoundWork<C, D, U> work;
    private final ClientWorker<C, D, U> function;
    private final UplinkBuffers<U> buffers;
    private final D payload;
    private final boolean streaming;
    private final Thread caller = Thread.currentThread();
    private final boolean flushDenormal = Denormals.flushed();
    private final ClientFailures failures;
    private final PhaseClock clock = new PhaseClock();
    private IllegalStateException stateFailure;
    private volatile boolean aborted;
    private volatile String stopReason;
    private volatile boolean interrupted;

    RoundContext(AbstractClientTrainer<?, ?, ?> trainer, RoundWork<C, D, U> work, D payload, boolean streaming) {
        this.trainer = trainer;
        this.number = trainer.round();
        this.work = work;
        this.function = work.function();
        this.buffers = work.buffers();
        this.payload = payload;
        this.streaming = streaming;
        this.failures = new ClientFailures(work.policy());
    }

    /** The round, from 0. */
    int number() {
        return number;
    }

    /** The downlink package. */
    D payload() {
        return payload;
    }

    /** What its workers do. */
    RoundWork<C, D, U> work() {
        return work;
    }

    /** The number of clients. */
    int size() {
        return work.ids().size();
    }

    /** Whether packages go to a sink, so that dealing must stay within {@code TrainerOptions.slots()} of hand-over. */
    boolean streaming() {
        return streaming;
    }

    /** The thread that called {@code localProcess}. */
    Thread caller() {
        return caller;
    }

    /** Whether clients flush denormal numbers to zero, as the calling thread does. */
    boolean flushDenormal() {
        return flushDenormal;
    }

    /** Lays out results where clients are trained in this process. On the calling thread, before the first is dealt. */
    void prepareBuffers() {
        if (buffers != null) {
            buffers.prepare();
        }
    }

    /** What a worker calls for the client at a position of the list. On the calling thread, when it is dealt. */
    WorkerCall<C, D, U> call(int index) {
        return new WorkerCall<>(function, work.job(index), work.config(index), payload, () -> buffers.next());
    }

    /** Has a worker of this process do that. */
    U run(ClientRunner runner, WorkerCall<?, ?, U> call, ClientState state) throws Exception {
        return runner.run(call, state, buffers);
    }

    /** Takes over the bytes of the state that a client left, null if it left none. On the calling thread. */
    void keep(int index, Tensor state) {
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

    /** Tells running clients to end early because the caller failed, or a state could not be kept. */
    void abort() {
        aborted = true;
    }

    /** Takes the calling thread's interrupt flag, so that it can wait on; the round remembers it. */
    void holdInterrupt() {
        if (Thread.interrupted()) {
            interrupted = true;
        }
    }

    /** Puts the calling thread's interrupt flag back. */
    void restoreInterrupt() {
        if (interrupted) {
            caller.interrupt();
        }
    }

    /**
     * Whether running clients should end early, for whatever reason. Once true it stays so, whoever clears the stop
     * event meanwhile.
     */
    boolean stopRequested() {
        return aborted || stopReason() != null;
    }

    /** The exception that ends a round early, or null if nobody asked for the end. */
    StoppedException stopped() {
        String reason = stopReason();
        return reason == null ? null : new StoppedException("stopped: " + reason + ", round=" + (number + 1));
    }

    /** Whether it is the stop event, and not something else, that ends this round early. */
    boolean stoppedByEvent() {
        return STOP_EVENT.equals(stopReason());
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
        if (trainer.stopEvent().isSet()) {
            return STOP_EVENT;
        }
        return interrupted || callerIsInterrupted() ? "calling thread interrupted" : null;
    }

    private boolean callerIsInterrupted() {
        return caller.isInterrupted() && !trainer.isInterruptedByTimeLimit(caller);
    }

    /** Where the calling thread's time goes. */
    PhaseClock clock() {
        return clock;
    }

    /** A client's result holds NaN or an infinity. Any thread. */
    void nonFinite(int index) {
        failures.nonFinite(index, work.ids().get(index));
    }

    /** The same, unless all is well. */
    void nonFiniteUnless(boolean finite, int index) {
        if (!finite) {
            nonFinite(index);
        }
    }

    /** The clients that failed so far. */
    ClientFailures failures() {
        return failures;
    }

    /** A client threw something. If it ended early because it was asked to, it has not failed, but the round ends. */
    FailureDecision failed(int index, int worker, Throwable cause) {
        boolean ended = cause instanceof StoppedException || cause instanceof InterruptedException;
        if (ended && stopRequested()) {
            return FailureDecision.END;
        }
        return failed(index, work.failure(index, worker, ClientRunner.sound(cause)), false);
    }

    /** A client threw something, and it is too late to do anything about it. */
    void failedForGood(int index, int worker, Throwable cause) {
        failures.end(index, work.failure(index, worker, ClientRunner.sound(cause)));
    }

    /**
     * A client failed.
     *
     * @param finished whether it had done its work, so that only its result was lost
     */
    FailureDecision failed(int index, WorkFailedException failure, boolean finished) {
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
        return switch (trainer.options().onNonFinite()) {
            case DROP -> failures.drop(index, failure);
            case RETRY -> failures.add(index, failure, false, stopRequested());
            default -> failures.end(index, failure);
        };
    }
}
