package org.blazefl4j.trainer;

import java.util.List;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.PhaseClock;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.process.AfterFailure;
import org.blazefl4j.process.BrokenRuleException;
import org.blazefl4j.process.ClientJob;
import org.blazefl4j.torch.Denormals;
import org.bytedeco.pytorch.Tensor;

/**
 * One call of {@code localProcess}, as the execution modes see it.
 *
 * @param <D> the downlink package
 * @param <C> the client's configuration
 */
final class Round<D, C> {

    private static final String STOP_EVENT = "stop event set";

    private final AbstractClientTrainer<?, D, C> trainer;
    private final int number;
    private final D payload;
    private final List<Integer> cids;
    private final boolean streaming;
    private final Thread caller = Thread.currentThread();
    private final boolean flushDenormal = Denormals.flushed();
    private final ClientFailures failures;
    private final PhaseClock clock = new PhaseClock();
    private IllegalStateException stateFailure;
    private volatile boolean aborted;
    private volatile String stopReason;
    private volatile boolean interrupted;

    Round(AbstractClientTrainer<?, D, C> trainer, int number, D payload, List<Integer> cids, boolean streaming) {
        this.trainer = trainer;
        this.number = number;
        this.payload = payload;
        this.cids = cids;
        this.streaming = streaming;
        this.failures = new ClientFailures(trainer.options().onClientFailure());
    }

    /** The round, from 0. */
    int number() {
        return number;
    }

    /** The downlink package. */
    D payload() {
        return payload;
    }

    /** The clients in the order of hand-over. */
    List<Integer> cids() {
        return cids;
    }

    /** The number of clients. */
    int size() {
        return cids.size();
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

    /** The client at a position of the list. */
    ClientJob job(int index) {
        int cid = cids.get(index);
        return new ClientJob(cid, number, trainer.getClientDevice(cid));
    }

    /** The configuration of the client at a position of the list. On the calling thread, when the client is dealt. */
    C config(int index) {
        return trainer.getClientConfig(cids.get(index));
    }

    /** The bytes of the state that a client starts from, which the caller owns; null if there is none. Any thread. */
    Tensor state(int index) {
        return trainer.states().read(cids.get(index));
    }

    /** Takes over the bytes of the state that a client left, null if it left none. On the calling thread. */
    void keep(int index, Tensor state) {
        if (state == null) {
            return;
        }
        if (aborted) {
            state.close();
        } else {
            stage(cids.get(index), state);
        }
    }

    private void stage(int cid, Tensor state) {
        try {
            trainer.states().stage(cid, state);
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
        return reason == null ? null : new StoppedException("stopped: " + reason + ", round=" + number);
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

    /** The clients that failed so far. */
    ClientFailures failures() {
        return failures;
    }

    /** A client threw something. If it ended early because it was asked to, it has not failed, but the round ends. */
    AfterFailure failed(int index, int worker, Throwable cause) {
        boolean ended = cause instanceof StoppedException || cause instanceof InterruptedException;
        if (ended && stopRequested()) {
            return AfterFailure.END;
        }
        return failed(index, failure(index, worker, cause), false);
    }

    /** A client threw something, and it is too late to do anything about it. */
    void failedForGood(int index, int worker, Throwable cause) {
        failures.end(index, failure(index, worker, cause));
    }

    private ClientFailedException failure(int index, int worker, Throwable cause) {
        return new ClientFailedException(cids.get(index), number, worker, cause);
    }

    /**
     * A client failed.
     *
     * @param finished whether it had done its work, so that only its result was lost
     */
    AfterFailure failed(int index, ClientFailedException failure, boolean finished) {
        if (BrokenRuleException.is(failure.getCause())) {
            return failures.end(index, failure); // trained again it might pass unseen
        }
        return failures.add(index, failure, finished, stopRequested());
    }
}
