package org.blazefl4j.worker;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.core.Phase;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.core.WorkFailedException;
import org.blazefl4j.util.PhaseClock;

/**
 * Runs one round: hands packages over in order, and commits or discards leftover results, client states and failures
 * when the round ends. On the calling thread.
 *
 * @param <U> the uplink package
 */
public final class RoundRunner<U> {

    private final RoundContext<?, ?, U> round;
    private final RoundResults<U> results;
    private final ResultSink<U> sink;
    private final RoundWork<?, ?, U> work;
    private final ClientFailures failures;
    private final PhaseClock<Phase> clock;

    /**
     * Prepares to run a round.
     *
     * @param results the packages, which this object ends
     * @param sink the receiver of packages
     */
    public RoundRunner(RoundContext<?, ?, U> round, RoundResults<U> results, ResultSink<U> sink) {
        this.round = round;
        this.results = results;
        this.sink = sink;
        this.failures = round.failures();
        this.work = round.work();
        this.clock = round.clock();
    }

    /**
     * Runs the round to its end.
     *
     * @throws WorkFailedException if a failure ended the round, or all clients were dropped
     * @throws StoppedException if it was stopped
     * @throws IllegalStateException if a client's state could not be kept
     */
    public void run() {
        clock.enter(Phase.COLLECT);
        SortedMap<Integer, U> rest;
        boolean complete;
        try {
            try (UserCodeScope code = new UserCodeScope()) {
                complete = handOverAll(code);
            }
            rest = results.end();
        } catch (Throwable callersFailure) {
            round.abort();
            results.end().values().forEach(TensorWalk::closeAll);
            failures.addUnsettledTo(callersFailure);
            throw callersFailure;
        }
        keepAll(rest);
        throwIfStateFailed();
        commitStates(complete);
        throwIfIncomplete(complete);
    }

    // ---- hand-over

    /** Returns false if the round must end early. */
    private boolean handOverAll(UserCodeScope code) {
        int index = 0;
        Iterator<Integer> jobs = work.progress().iterator();
        while (jobs.hasNext()) {
            requireSameJob(index, jobs.next());
            code.pause();
            List<U> batch = take(index);
            clock.enter(Phase.COLLECT);
            code.resume();
            if (!pass(index, batch)) {
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

    /** Waits for a client's package, and takes the next ones that are ready. Returns an empty list if there is none. */
    private List<U> take(int index) {
        List<U> batch = new ArrayList<>(sink.most());
        try {
            U uplink = results.await(index);
            while (uplink != null) {
                batch.add(uplink);
                uplink = batch.size() < sink.most() ? results.poll(index + batch.size()) : null;
            }
            return batch;
        } catch (Throwable failure) {
            batch.forEach(TensorWalk::closeAll);
            throw failure;
        }
    }

    /** Passes packages on, or skips a dropped client. Returns false if the round must end early. */
    private boolean pass(int index, List<U> batch) {
        if (batch.isEmpty()) {
            return failures.isDropped(index);
        }
        convert(batch);
        if (round.stopRequested()) {
            // a client that was told to stop may have returned part of its result
            batch.forEach(work::keep);
            return false;
        }
        clock.pause();
        sink.sink().accept(Collections.unmodifiableList(batch));
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
                    + ", expected=" + expected + "; it must return all jobs in order");
        }
    }

    private void convert(List<U> batch) {
        for (int i = 0; i < batch.size(); i++) {
            try {
                batch.set(i, converted(batch.get(i)));
            } catch (Throwable failure) {
                batch.remove(i); // closed already
                batch.forEach(TensorWalk::closeAll);
                throw failure;
            }
        }
    }

    private U converted(U uplink) {
        try {
            return Objects.requireNonNull(work.convert(uplink), "convertBufferToUplink returned null");
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

    /** Commits states unless the round was stopped: states may be partial, and the round must be repeatable. */
    private void commitStates(boolean complete) {
        boolean stopped = failures.isFatal() ? round.stopRequested() : !complete;
        if (!stopped) {
            work.commit();
        }
    }

    private void throwIfStateFailed() {
        IllegalStateException failure = round.stateFailure();
        if (failure != null) {
            failures.addUnsettledTo(failure);
            throw failure;
        }
    }

    private void throwIfIncomplete(boolean complete) {
        if (failures.isFatal() && !round.isClosed()) {
            throw failures.unsettled();
        }
        // a stop after the last package applies to the next round, because this one is complete
        if (!complete || round.isClosed()) {
            round.throwIfStopped();
        }
        if (failures.droppedAll(round.size())) {
            throw failures.allDropped();
        }
    }
}
