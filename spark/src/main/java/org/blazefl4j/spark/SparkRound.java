package org.blazefl4j.spark;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.spark.Messages.Failure;
import org.blazefl4j.spark.Messages.Outcome;
import org.blazefl4j.spark.Messages.TaskResult;
import org.blazefl4j.spark.SparkJobs.Ended;
import org.blazefl4j.worker.FailureDecision;
import org.blazefl4j.worker.RemoteError;
import org.blazefl4j.worker.RoundContext;
import org.blazefl4j.worker.RoundResults;
import org.blazefl4j.worker.RoundWork;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * One round on a cluster: a job whose tasks have the round's clients, and further jobs for those that are tried again.
 * For the thread that called {@code localProcess}.
 *
 * @param <U> the uplink package
 */
final class SparkRound<U> implements RoundResults<U> {

    /** The longest wait, after which it is seen whether the round must end. */
    private static final long SLICE_MILLIS = 20;

    private final RoundContext<?, ?, U> round;
    private final RoundWork<?, ?, U> work;
    private final ClassLoader loader;
    private final SparkJobs jobs;

    /** Clients with a package or a decision about their failure. */
    private final BitSet settled = new BitSet();

    private final NavigableSet<Integer> dropped = new TreeSet<>();

    /** Packages that were not returned yet, by position; without those in sums. */
    private final NavigableMap<Integer, Outcome> ready = new TreeMap<>();

    /** Packages that were added up and not returned yet. */
    private final Deque<TaskResult> sums = new ArrayDeque<>();

    private Iterator<Outcome> added = List.<Outcome>of().iterator();
    private byte @Nullable [] total;
    private int turn;
    private int position = NONE;
    private boolean failed;
    private boolean ended;

    /** Starts a round. */
    SparkRound(RoundContext<?, ?, U> round, SparkJobs jobs, ClassLoader loader) {
        this.round = round;
        this.work = round.work();
        this.jobs = jobs;
        this.loader = loader;
        jobs.submit(IntStream.range(0, round.size()).boxed().toList());
    }

    // ---- results

    @Override
    public @Nullable U await() {
        total = null;
        while (!failed && !round.stopRequested()) {
            Integer next = nextDropped();
            if (next != null) {
                position = next;
                turn++;
                return null;
            }
            U uplink = poll();
            if (uplink != null) {
                return uplink;
            }
            receive();
        }
        position = NONE;
        return null;
    }

    private @Nullable Integer nextDropped() {
        boolean isTurn = !dropped.isEmpty() && (round.inAnyOrder() || dropped.first() == turn);
        return isTurn ? dropped.pollFirst() : null;
    }

    /** {@inheritDoc} After the packages of a sum returns none, so that they are handed over with it. */
    @Override
    public @Nullable U poll() {
        if (work.sum() != null) {
            return nextOfSum();
        }
        boolean isTurn = !ready.isEmpty() && (round.inAnyOrder() || ready.firstKey() == turn);
        if (!isTurn) {
            return null;
        }
        turn++;
        return take(ready.pollFirstEntry().getValue());
    }

    private @Nullable U nextOfSum() {
        if (!added.hasNext()) {
            if (total != null || sums.isEmpty()) {
                return null;
            }
            TaskResult result = sums.remove();
            total = result.total();
            added = result.outcomes().stream()
                    .filter(outcome -> outcome.uplink() != null)
                    .iterator();
        }
        return take(added.next());
    }

    /** Decodes a package, and takes its client's state. */
    @SuppressWarnings("unchecked")
    private U take(Outcome outcome) {
        round.clock().enter(Phase.COLLECT);
        position = outcome.index();
        U uplink = (U) Parcel.decode(outcome.uplink(), loader);
        if (!outcome.finite()) {
            round.nonFinite(outcome.index());
        }
        Tensor state = Parcel.tensor(outcome.state());
        round.keep(outcome.index(), state);
        return uplink;
    }

    @Override
    public int position() {
        return position;
    }

    @Override
    public @Nullable Object total() {
        return total == null ? null : Parcel.decode(total, loader);
    }

    // ---- what tasks report

    /** Waits a little for results, and takes all that are there. */
    private void receive() {
        round.clock().enter(Phase.TRAIN);
        List<Ended> done = jobs.ended();
        List<Integer> again = new ArrayList<>();
        try {
            TaskResult result = jobs.poll(done.isEmpty() ? SLICE_MILLIS : 0);
            while (result != null) {
                requireRun(result);
                settle(result, again);
                result = jobs.poll(0);
            }
            done.forEach(job -> settle(job, again));
            if (!failed) {
                jobs.submit(again);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the round ends by it
        }
    }

    private void requireRun(TaskResult result) {
        if (result.refusal() != null) {
            throw new IllegalStateException("numeric environment differs from the driver's: executor="
                    + result.executor() + ", found=" + result.refusal()
                    + "; expected=no difference; give the cluster processors of one kind, and executors the driver's"
                    + " libraries and environment variables");
        }
        if (result.error() != null) {
            throw new IllegalStateException(
                    "task cannot be run: executor=" + result.executor() + ", found="
                            + error(result).toException(),
                    error(result).toException());
        }
    }

    private void settle(TaskResult result, List<Integer> again) {
        for (Outcome outcome : result.outcomes()) {
            if (outcome.failure() != null) {
                settle(outcome.index(), decide(outcome), again);
            } else {
                settled.set(outcome.index());
                if (work.sum() == null) {
                    ready.put(outcome.index(), outcome);
                }
            }
        }
        if (result.total() != null) {
            sums.add(result);
        }
    }

    private RemoteError error(TaskResult result) {
        return (RemoteError) Parcel.decode(result.error(), loader);
    }

    /** Lets the round decide about a failed client. */
    private FailureDecision decide(Outcome outcome) {
        Failure failure = (Failure) Parcel.decode(outcome.failure(), loader);
        Throwable cause = failure.error() == null ? null : failure.error().toException();
        if (failure.reason() == null && cause != null) {
            return round.failed(
                    outcome.index(), outcome.worker(), failure.error().stopped(), cause);
        }
        return round.failed(
                outcome.index(), work.failure(outcome.index(), outcome.worker(), failure.reason(), cause), false);
    }

    private void settle(int index, FailureDecision decision, List<Integer> again) {
        if (decision == FailureDecision.RETRY) {
            again.add(index);
            return;
        }
        settled.set(index);
        if (decision == FailureDecision.DROP) {
            dropped.add(index);
        }
        failed |= decision == FailureDecision.END;
    }

    /**
     * Finds the clients that a job which has ended owes. If Spark gave up a task, only the clients of that one failed.
     */
    private void settle(Ended job, List<Integer> again) {
        for (int task = 0; task < job.positions().size(); task++) {
            boolean innocent = job.givenUp() >= 0 && job.givenUp() != task;
            for (int index : job.positions().get(task)) {
                if (failed || settled.get(index) || again.contains(index) || jobs.have(index)) {
                    continue;
                }
                if (innocent) {
                    again.add(index);
                } else {
                    String reason = "Spark gave up its task: " + job.reason();
                    settle(index, round.failed(index, work.failure(index, NONE, reason, null), false), again);
                }
            }
        }
    }

    // ---- the end

    /** Tells Spark to end what runs. Callable from any thread. */
    void cancel() {
        jobs.cancel();
    }

    @Override
    public SortedMap<Integer, U> end() {
        SortedMap<Integer, U> packages = new TreeMap<>();
        if (ended) {
            return packages;
        }
        ended = true;
        jobs.end().forEach(result -> settle(result, new ArrayList<>()));
        for (Outcome outcome : List.copyOf(ready.values())) {
            packages.put(outcome.index(), take(outcome));
        }
        while (work.sum() != null) {
            total = null;
            U uplink = nextOfSum();
            if (uplink == null) {
                break;
            }
            packages.put(position, uplink);
        }
        return packages;
    }
}
