package org.blazefl4j.worker;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.core.WorkFailedException;
import org.blazefl4j.util.ErrorCollector;
import org.blazefl4j.util.PhaseClock;
import org.jspecify.annotations.Nullable;

/**
 * Runs one round: hands packages over, and commits or discards leftover results, client states and failures when the
 * round ends. On the calling thread.
 */
public final class RoundRunner<U> {

    private final RoundContext<?, ?, U> round;
    private final RoundResults<U> results;
    private final ResultSink<U> sink;
    private final RoundWork<?, ?, U> work;
    private final ClientFailures failures;
    private final PhaseClock<Phase> clock;

    /** Packages on their way to the sink, which are closed if that fails. */
    private List<U> held = List.of();

    /** The positions of the packages that were taken together last. */
    private final int[] positions;

    /** Packages for {@link RoundWork#keep}, by position. */
    private final SortedMap<Integer, U> kept = new TreeMap<>();

    /** Prepares to run a round. Ends {@code results}. */
    public RoundRunner(RoundContext<?, ?, U> round, RoundResults<U> results, ResultSink<U> sink) {
        this.round = round;
        this.results = results;
        this.sink = sink;
        this.positions = new int[sink.most()];
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
            ErrorCollector errors = new ErrorCollector();
            errors.run(() -> closeAll(results.end().values(), errors)); // ends the round, whatever else fails
            closeAll(held, errors);
            closeAll(kept.values(), errors);
            errors.suppressIn(callersFailure);
            failures.addUnsettledTo(callersFailure);
            throw callersFailure;
        }
        keepAll(rest);
        throwIfStateFailed();
        commitStates(complete);
        throwIfIncomplete(complete);
    }

    private static <T> void closeAll(Collection<T> packages, ErrorCollector errors) {
        packages.forEach(uplink -> errors.run(() -> TensorWalk.closeAll(uplink)));
    }

    // ---- hand-over

    /** Returns false if the round must end early. */
    private boolean handOverAll(UserCodeScope code) {
        int count = 0;
        Iterator<Integer> jobs = work.progress().iterator();
        while (jobs.hasNext()) {
            requireSameJob(count, jobs.next());
            code.pause();
            take();
            clock.enter(Phase.COLLECT);
            code.resume();
            int next = count + Math.max(1, held.size());
            if (!passOn()) {
                return false;
            }
            while (++count < next) {
                requireSameJob(count, jobs.hasNext() ? jobs.next() : null);
            }
        }
        if (count < round.size()) {
            requireSameJob(count, null);
        }
        return true;
    }

    /** Waits for a client's package, and takes the next ones that are ready. Takes none if the client has none. */
    private void take() {
        held = new ArrayList<>(sink.most());
        U uplink = results.await();
        while (uplink != null) {
            positions[held.size()] = results.position();
            held.add(uplink);
            uplink = held.size() < sink.most() ? results.poll() : null;
        }
    }

    /** Passes packages on, or skips a dropped client. Returns false if the round must end early. */
    private boolean passOn() {
        if (held.isEmpty()) {
            return failures.isDropped(results.position());
        }
        for (int i = 0; i < held.size(); i++) {
            held.set(i, converted(held.get(i)));
        }
        List<U> batch = held;
        held = List.of();
        if (round.stopRequested()) {
            // a client that was told to stop may have returned part of its result
            for (int i = 0; i < batch.size(); i++) {
                kept.put(positions[i], batch.get(i));
            }
            return false;
        }
        clock.pause();
        sink.sink().accept(Collections.unmodifiableList(batch));
        clock.enter(Phase.COLLECT);
        for (int i = 0; i < batch.size(); i++) {
            failures.accepted(positions[i]);
        }
        return true;
    }

    private U converted(U uplink) {
        return Objects.requireNonNull(work.convert(uplink), "convertBufferToUplink returned null");
    }

    private void requireSameJob(int index, @Nullable Integer job) {
        Integer expected = index < round.size() ? work.ids().get(index) : null;
        if (!Objects.equals(expected, job)) {
            throw new IllegalStateException("progressFn changed the jobs: position=" + index + ", client=" + job
                    + ", expected=" + expected + "; it must return all jobs in order");
        }
    }

    // ---- the end

    private void keepAll(SortedMap<Integer, U> packages) {
        try {
            Iterator<Map.Entry<Integer, U>> entries = packages.entrySet().iterator();
            while (entries.hasNext()) {
                Map.Entry<Integer, U> entry = entries.next();
                kept.put(entry.getKey(), converted(entry.getValue()));
                failures.accepted(entry.getKey());
                entries.remove();
            }
        } catch (Throwable failure) {
            packages.values().forEach(TensorWalk::closeAll);
            throw failure;
        } finally {
            kept.forEach(work::keep);
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
        WorkFailedException fatal = failures.isFatal() && !round.isClosed() ? failures.unsettled() : null;
        if (fatal != null) {
            throw fatal;
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
