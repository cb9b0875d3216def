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
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.broadcast.Broadcast;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.spark.Messages.Failure;
import org.blazefl4j.spark.Messages.Job;
import org.blazefl4j.spark.Messages.Outcome;
import org.blazefl4j.spark.Messages.TaskResult;
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

    /** The bytes above which a round's message, or what its tasks get, is broadcast. Spark warns of jobs of twice as many. */
    private static final long INSIDE_BYTES = 500_000;

    private final SparkClientTrainer<?, ?, ?> trainer;
    private final RoundContext<?, ?, U> round;
    private final RoundWork<?, ?, U> work;
    private final int number;
    private final RoundTask.Input message;
    private final ClassLoader loader;
    private final List<Broadcast<byte[]>> broadcasts = new ArrayList<>();
    private final List<SparkJob> jobs = new CopyOnWriteArrayList<>();

    /** Results of tasks, put there by Spark's scheduler. */
    private final BlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();

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

    /**
     * A job of Spark's.
     *
     * @param positions of the clients of each task
     */
    private record SparkJob(JavaFutureAction<Void> action, List<List<Integer>> positions) {}

    /** The result of a task of a job, by the job's number. */
    private record Arrival(int job, TaskResult result) {}

    /**
     * Starts a round.
     *
     * @param message a {@link Messages.Round} as a {@link Parcel}
     */
    SparkRound(SparkClientTrainer<?, ?, ?> trainer, RoundContext<?, ?, U> round, int number, byte[] message) {
        this.trainer = trainer;
        this.round = round;
        this.work = round.work();
        this.number = number;
        this.loader = trainer.loader();
        this.message = input(message, message.length);
        submit(IntStream.range(0, round.size()).boxed().toList());
    }

    // ---- jobs

    /** Starts a job for some clients. */
    private void submit(List<Integer> positions) {
        if (positions.isEmpty()) {
            return;
        }
        round.clock().enter(Phase.DEAL);
        int count = trainer.tasksFor(positions.size(), work);
        List<List<Integer>> dealt = new ArrayList<>();
        List<byte[]> parcels = new ArrayList<>();
        for (int task = 0; task < count; task++) {
            List<Integer> some = deal(positions, task, count);
            dealt.add(some);
            parcels.add(parcel(some));
        }
        long bytes = parcels.stream().mapToLong(parcel -> parcel.length).sum();
        int job = jobs.size();
        TaskResults results = new TaskResults(result -> arrivals.add(new Arrival(job, result)));
        trainer.spark().sc().register(results);
        RoundTask task = new RoundTask(
                trainer.session(),
                trainer.sparkOptions().inner(),
                number,
                message,
                trainer.shared().blocks(),
                parcels.stream().map(parcel -> input(parcel, bytes)).toList(),
                results);
        jobs.add(new SparkJob(trainer.tasks(count).foreachPartitionAsync(task), dealt));
    }

    /** Deals clients in turn, so that tasks have as much to do, unless their packages are taken in list order. */
    private List<Integer> deal(List<Integer> positions, int task, int count) {
        int size = positions.size();
        if (!round.inAnyOrder()) {
            return positions.subList((int) ((long) size * task / count), (int) ((long) size * (task + 1) / count));
        }
        return IntStream.iterate(task, i -> i < size, i -> i + count)
                .mapToObj(positions::get)
                .toList();
    }

    private byte[] parcel(List<Integer> positions) {
        List<Job> some = new ArrayList<>();
        try {
            positions.forEach(index -> some.add(job(index)));
            return Parcel.encode("configurations and states", new Messages.Jobs(some), trainer.shared()::find);
        } finally {
            some.forEach(job -> {
                if (job.state() != null) {
                    job.state().close();
                }
            });
        }
    }

    private Job job(int index) {
        var client = work.job(index);
        Object config = work.config(index);
        try {
            return new Job(index, client.clientId(), client.device(), config, work.state(index), null);
        } catch (IllegalStateException e) {
            return new Job(index, client.clientId(), client.device(), config, null, String.valueOf(e.getMessage()));
        }
    }

    /** Puts bytes into the job, which spares executors a request, unless they or others like them are many. */
    private RoundTask.Input input(byte[] bytes, long all) {
        if (all <= INSIDE_BYTES) {
            return new RoundTask.Input.Inside(bytes);
        }
        Broadcast<byte[]> apart = trainer.spark().broadcast(bytes);
        broadcasts.add(apart);
        return new RoundTask.Input.Apart(apart);
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
        List<SparkJob> done = jobs.stream().filter(job -> job.action().isDone()).toList();
        try {
            Arrival arrival =
                    done.size() == jobs.size() ? arrivals.poll() : arrivals.poll(SLICE_MILLIS, TimeUnit.MILLISECONDS);
            List<Integer> again = new ArrayList<>();
            while (arrival != null) {
                settle(arrival.result(), again);
                arrival = arrivals.poll();
            }
            done.forEach(job -> settle(job, again));
            if (!failed) {
                submit(again);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the round ends by it
        }
    }

    private void settle(TaskResult result, List<Integer> again) {
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

    /** Finds the clients that a job which has ended owes: Spark gave up their tasks, or the round ends. */
    private void settle(SparkJob job, List<Integer> again) {
        jobs.set(jobs.indexOf(job), new SparkJob(job.action(), List.of()));
        for (List<Integer> task : job.positions()) {
            for (int index : task) {
                if (!failed && !settled.get(index) && !again.contains(index) && !isElsewhere(index)) {
                    String reason = "Spark gave up the tasks of the round: " + reason(job);
                    settle(index, round.failed(index, work.failure(index, NONE, reason, null), false), again);
                }
            }
        }
    }

    /** Returns whether a later job has a client. */
    private boolean isElsewhere(int index) {
        return jobs.stream().anyMatch(job -> job.positions().stream().anyMatch(task -> task.contains(index)));
    }

    private static String reason(SparkJob job) {
        try {
            job.action().get();
            return "it returned no result";
        } catch (ExecutionException e) {
            String text = String.valueOf(e.getCause() == null ? e : e.getCause().getMessage());
            return text.lines().findFirst().orElse("unknown");
        } catch (InterruptedException | RuntimeException e) {
            return e.toString();
        }
    }

    // ---- the end

    /** Tells Spark to end what runs. Callable from any thread. */
    void cancel() {
        jobs.forEach(job -> job.action().cancel(true));
    }

    @Override
    public SortedMap<Integer, U> end() {
        SortedMap<Integer, U> packages = new TreeMap<>();
        if (ended) {
            return packages;
        }
        ended = true;
        try {
            cancel();
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
        } finally {
            trainer.ended(broadcasts);
        }
    }
}
