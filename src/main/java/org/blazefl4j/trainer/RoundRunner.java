package org.blazefl4j.trainer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.function.Consumer;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.core.Phase;
import org.blazefl4j.core.PhaseClock;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.core.WorkFailedException;
import org.blazefl4j.worker.UserCodeScope;

/**
 * The course of one round: packages are handed over in order, and when the round ends, in whichever way, it is settled
 * what becomes of the packages that are left, of the clients' states and of the failures. On the calling thread.
 *
 * @param <C> the client's configuration
 * @param <D> the downlink package
 * @param <U> the uplink package
 */
final class RoundRunner<C, D, U> {

    private final AbstractClientTrainer<?, ?, ?> trainer;
    private final RoundContext<C, D, U> round;
    private final RoundWork<C, D, U> work;
    private final ClientFailures failures;
    private final PhaseClock clock;

    /** Before it begins. */
    RoundRunner(AbstractClientTrainer<?, ?, ?> trainer, RoundContext<C, D, U> round) {
        this.trainer = trainer;
        this.round = round;
        this.failures = round.failures();
        this.work = round.work();
        this.clock = round.clock();
    }

    /**
     * Runs it to its end.
     *
     * @throws WorkFailedException if a client failed for good, or all were dropped
     * @throws StoppedException if it was ended early
     * @throws IllegalStateException if a client's state could not be kept
     */
    void run(ResultSink<U> handOver) {
        clock.enter(Phase.PUBLISH);
        RoundResults<U> execution = trainer.execute(round);
        clock.enter(Phase.COLLECT);
        SortedMap<Integer, U> rest;
        boolean complete;
        try {
            try (UserCodeScope code = new UserCodeScope()) {
                complete = handOverAll(execution, handOver, code);
            }
            rest = execution.end();
        } catch (Throwable callersFailure) {
            round.abort();
            discard(execution, callersFailure);
            throw callersFailure;
        }
        keepAll(rest);
        throwIfStateFailed();
        commitStates(complete);
        throwIfNotWhole(complete);
    }

    // ---- hand-over

    /** False if the round has to end early. */
    private boolean handOverAll(RoundResults<U> execution, ResultSink<U> handOver, UserCodeScope code) {
        int index = 0;
        Iterator<Integer> jobs = work.progress().iterator();
        while (jobs.hasNext()) {
            requireSameJob(index, jobs.next());
            code.pause();
            List<U> batch = take(execution, index, handOver.most());
            clock.enter(Phase.COLLECT);
            code.resume();
            if (!pass(index, batch, handOver.sink())) {
                return false;
            }
            int next = index + Math.max(1, batch.size());
            while (++index < next) {
                requireSameJob(index, jobs.hasNext() ? jobs.next() : null);
            }
        }
        if (index < round.size()) {
            requireSameJob(index, null);
        }
        return true;
    }

    /**
     * Waits for a client's package, and takes those that follow it as far as they are there. Empty if there is none.
     */
    private List<U> take(RoundResults<U> execution, int index, int most) {
        List<U> batch = new ArrayList<>(most);
        try {
            U uplink = execution.await(index);
            while (uplink != null) {
                batch.add(uplink);
                uplink = batch.size() < most ? execution.poll(index + batch.size()) : null;
            }
            return batch;
        } catch (Throwable failure) {
            batch.forEach(TensorWalk::closeAll);
            throw failure;
        }
    }

    /** Passes packages on, or passes over a client that was dropped. False if the round has to end early. */
    private boolean pass(int index, List<U> batch, Consumer<? super List<U>> sink) {
        if (batch.isEmpty()) {
            return failures.isDropped(index);
        }
        convert(batch);
        if (round.stopRequested()) {
            // A client that was asked to end early may have returned a part of its result.
            batch.forEach(work::keep);
            return false;
        }
        clock.pause();
        sink.accept(Collections.unmodifiableList(batch));
        clock.enter(Phase.COLLECT);
        for (int taken = 0; taken < batch.size(); taken++) {
            failures.accepted(index + taken);
        }
        return true;
    }

    private void requireSameJob(int index, Integer job) {
        Integer expected = index < round.size() ? work.ids().get(index) : null;
        if (!Objects.equals(expected, job)) {
            throw new IllegalStateException("progressFn changed the jobs: position=" + index + ", client=" + job
                    + ", limit=" + expected + "; it must give all jobs in their order");
        }
    }

    private void convert(List<U> batch) {
        for (int i = 0; i < batch.size(); i++) {
            try {
                batch.set(i, converted(batch.get(i)));
            } catch (Throwable failure) {
                batch.remove(i); // which is closed already
                batch.forEach(TensorWalk::closeAll);
                throw failure;
            }
        }
    }

    private U converted(U uplink) {
        try {
            return Objects.requireNonNull(work.converted(uplink), "convertBufferToUplink returned null");
        } catch (Throwable failure) {
            TensorWalk.closeAll(uplink);
            throw failure;
        }
    }

    // ---- the end

    private void keepAll(SortedMap<Integer, U> packages) {
        for (Map.Entry<Integer, U> entry : packages.entrySet()) {
            int index = entry.getKey();
            try {
                work.keep(converted(entry.getValue()));
                failures.accepted(index);
            } catch (Throwable failure) {
                packages.tailMap(index + 1).values().forEach(TensorWalk::closeAll);
                throw failure;
            }
        }
    }

    private void discard(RoundResults<U> execution, Throwable callersFailure) {
        execution.end().values().forEach(TensorWalk::closeAll);
        addUnsettled(callersFailure);
    }

    /** What a stopped client left may be a part of its state, and a stopped round has to be repeatable. */
    private void commitStates(boolean complete) {
        boolean stopped = failures.isFatal() ? round.stopRequested() : !complete;
        if (!stopped) {
            work.commit();
        }
    }

    private void throwIfStateFailed() {
        IllegalStateException failure = round.stateFailure();
        if (failure != null) {
            addUnsettled(failure);
            throw failure;
        }
    }

    private void throwIfNotWhole(boolean complete) {
        if (failures.isFatal() && !trainer.isClosed()) {
            throw failures.unsettled();
        }
        // A stop after the last package was taken is left for the next round: the caller has the whole of this one.
        if (!complete || trainer.isClosed()) {
            throwIfStopped();
        }
        if (failures.droppedAll(round.size())) {
            throw failures.allDropped();
        }
    }

    /**
     * Does nothing unless somebody has asked for the end.
     *
     * @throws StoppedException if so; the stop event, if it was that, is then cleared
     */
    void throwIfStopped() {
        StoppedException stopped = round.stopped();
        if (stopped == null) {
            return;
        }
        if (round.stoppedByEvent()) {
            trainer.stopEvent().clear();
        }
        addUnsettled(stopped);
        throw stopped;
    }

    private void addUnsettled(Throwable failure) {
        WorkFailedException unsettled = failures.unsettled();
        if (unsettled != null) {
            failure.addSuppressed(unsettled);
        }
    }
}
