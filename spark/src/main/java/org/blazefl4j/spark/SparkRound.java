package org.blazefl4j.spark;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.core.PackageSum;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.spark.Messages.Failure;
import org.blazefl4j.spark.Messages.Outcome;
import org.blazefl4j.spark.Messages.RangeResult;
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
    private final TensorPool memory;

    /** Clients with a package or a decision about their failure. */
    private final BitSet settled = new BitSet();

    private final NavigableSet<Integer> dropped = new TreeSet<>();

    /** Packages that were not returned yet, by position; without those in sums. */
    private final NavigableMap<Integer, Outcome> ready = new TreeMap<>();

    /** Packages that were added up and not returned yet. */
    private final Deque<Sum> sums = new ArrayDeque<>();

    /** Results of tasks whose sums executors add up, by task, until these have arrived. */
    private final Map<Integer, TaskResult> cut = new TreeMap<>();

    private Iterator<Outcome> added = List.<Outcome>of().iterator();
    private @Nullable List<PooledBytes> total;
    private int turn;
    private int position = NONE;
    private boolean failed;
    private boolean ended;

    /**
     * Packages that were added up.
     *
     * @param totals their sum in ranges, or whole
     */
    private record Sum(List<Outcome> outcomes, List<PooledBytes> totals) {}

    /**
     * Starts a round.
     *
     * @param memory for sums
     */
    SparkRound(RoundContext<?, ?, U> round, SparkJobs jobs, ClassLoader loader, TensorPool memory) {
        this.memory = memory;
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
            Sum sum = sums.remove();
            total = sum.totals();
            added = sum.outcomes().stream()
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
        U uplink = (U) outcome.uplink().decode(loader, Parcel::empty);
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
        if (total == null) {
            return null;
        }
        List<Object> ranges = new ArrayList<>();
        total.forEach(range -> ranges.add(range.decode(loader, memory::take)));
        if (ranges.size() == 1) {
            return ranges.get(0);
        }
        try {
            return ((PackageSum.Divisible<?>) Objects.requireNonNull(work.sum())).join(ranges);
        } finally {
            ranges.forEach(TensorWalk::closeAll);
        }
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
        requireRun(result.executor(), result.error());
    }

    private void requireRun(String executor, byte @Nullable [] error) {
        if (error != null) {
            Exception cause = ((RemoteError) Parcel.decode(error, loader)).toException();
            throw new IllegalStateException("task cannot be run: executor=" + executor + ", found=" + cause, cause);
        }
    }

    private void settle(TaskResult result, List<Integer> again) {
        if (result.cut()) {
            cut.put(result.task(), result);
            return;
        }
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
            sums.add(new Sum(result.outcomes(), List.of(result.total())));
        }
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
        if (job.ranges() > 0) {
            takeRanges(job.ranges());
        }
        for (int task = 0; task < job.positions().size(); task++) {
            boolean innocent = cut.containsKey(task) || job.givenUp() >= 0 && job.givenUp() != task;
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
        if (job.ranges() > 0) {
            cut.clear();
        }
    }

    /**
     * Takes the sum that executors added up, if it is of the tasks whose results have come. If not, because Spark gave
     * it up or a client did otherwise when its task was repeated, these tasks' clients are tried again.
     */
    private void takeRanges(int count) {
        List<RangeResult> ranges = jobs.rangeResults();
        ranges.forEach(range -> requireRun(range.executor(), range.error()));
        if (ranges.size() == count
                && !cut.isEmpty()
                && ranges.stream().allMatch(range -> range.tasks().equals(cut.keySet()))) {
            sums.add(cut(ranges.stream().map(RangeResult::total).toList()));
        }
    }

    private Sum cut(List<PooledBytes> totals) {
        List<Outcome> outcomes = cut.values().stream()
                .flatMap(result -> result.outcomes().stream())
                .toList();
        outcomes.forEach(outcome -> settled.set(outcome.index()));
        cut.clear();
        return new Sum(outcomes, totals);
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
        if (!cut.isEmpty()) {
            sums.add(cut(List.of()));
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
