package org.blazefl4j.spark;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.spark.HashPartitioner;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.broadcast.Broadcast;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.spark.Messages.Job;
import org.blazefl4j.spark.Messages.RangeResult;
import org.blazefl4j.spark.Messages.TaskResult;
import org.blazefl4j.worker.RoundContext;
import org.blazefl4j.worker.RoundWork;
import org.jspecify.annotations.Nullable;

/**
 * The jobs of a round: one with all clients, and further ones for those that are tried again. Decides nothing. For the
 * thread that called {@code localProcess}.
 */
final class SparkJobs {

    /**
     * The bytes above which a round's message, or what its tasks get, is broadcast; Spark warns of jobs of twice as
     * many.
     */
    private static final long INSIDE_BYTES = 500_000;

    /** Longer than Spark takes to end a job. */
    private static final int END_SECONDS = 5;

    /** How Spark names the task that it gave up, in 3.5 as in 4. */
    private static final Pattern GIVEN_UP = Pattern.compile("\\bTask (\\d+) in stage \\S+ failed \\d+ times");

    private final SparkClientTrainer<?, ?, ?> trainer;
    private final RoundContext<?, ?, ?> round;
    private final RoundWork<?, ?, ?> work;
    private final int number;
    private final RoundTask.Input message;
    private final List<Broadcast<byte[]>> broadcasts = new ArrayList<>();
    private final List<SparkJob> jobs = new CopyOnWriteArrayList<>();

    /** Results of tasks, put there by Spark's scheduler. */
    private final BlockingQueue<TaskResult> arrivals = new LinkedBlockingQueue<>();

    /** Sums of ranges, put there by Spark's scheduler. */
    private final Queue<RangeResult> rangeResults = new ConcurrentLinkedQueue<>();

    private final List<JavaPairRDD<Integer, byte[]>> shuffles = new ArrayList<>();
    private int submitted;

    /**
     * A job of Spark's.
     *
     * @param positions of the clients of each task
     * @param ranges of elements in which executors add sums up, or 0 if they do not
     */
    private record SparkJob(JavaFutureAction<Void> action, List<List<Integer>> positions, int ranges) {}

    /**
     * What became of a job.
     *
     * @param positions of the clients of each task
     * @param ranges of elements in which executors added sums up, or 0 if they did not
     * @param givenUp the task that Spark gave up; -1 if it named none
     * @param reason why Spark ended the job, if it did
     */
    record Ended(List<List<Integer>> positions, int ranges, int givenUp, String reason) {}

    /**
     * Prepares jobs.
     *
     * @param number of the message, unique in the session
     * @param message a {@link Messages.Round} as a {@link Parcel}
     */
    SparkJobs(SparkClientTrainer<?, ?, ?> trainer, RoundContext<?, ?, ?> round, int number, byte[] message) {
        this.trainer = trainer;
        this.round = round;
        this.work = round.work();
        this.number = number;
        this.message = input(message, message.length);
    }

    // ---- the start

    /** Starts a job for some clients. */
    void submit(List<Integer> positions) {
        if (positions.isEmpty()) {
            return;
        }
        round.clock().enter(Phase.DEAL);
        int count = trainer.tasksFor(positions.size(), work);
        List<List<Integer>> dealt = IntStream.range(0, count)
                .mapToObj(task -> deal(positions, task, count))
                .toList();
        List<byte[]> parcels = dealt.stream().map(this::parcel).toList();
        long bytes = parcels.stream().mapToLong(parcel -> parcel.length).sum();
        int ranges = submitted++ == 0 ? trainer.rangesFor(count, work) : 0;
        RoundTask task = new RoundTask(
                trainer.session(),
                SparkClientTrainer.endedSessions(),
                trainer.sparkOptions().inner(),
                number,
                message,
                trainer.shared().blocks(),
                ranges,
                parcels.stream().map(parcel -> input(parcel, bytes)).toList());
        JavaRDD<Integer> tasks = trainer.tasks(count);
        JavaFutureAction<Void> action = ranges == 0 ? TaskJob.start(tasks, task, arrivals::add) : reduce(tasks, task);
        jobs.add(new SparkJob(action, dealt, ranges));
    }

    /** Cuts the sums of tasks into ranges, and adds these up in executors. */
    private JavaFutureAction<Void> reduce(JavaRDD<Integer> tasks, RoundTask task) {
        Set<Integer> arrived = ConcurrentHashMap.newKeySet();
        TaskResults<TaskResult> results = new TaskResults<>(result -> {
            if (arrived.add(result.task())) { // Spark may repeat a task whose slices it lost
                arrivals.add(result);
            }
        });
        trainer.spark().sc().register(results);
        JavaPairRDD<Integer, byte[]> slices = tasks.mapPartitionsToPair(partition -> task.cut(partition, results))
                .partitionBy(new HashPartitioner(task.ranges()));
        shuffles.add(slices);
        return TaskJob.start(slices.rdd().toJavaRDD(), task::merge, rangeResults::add);
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

    /** Waits up to a time limit for the result of a task. Returns null if there is none yet. */
    @Nullable
    TaskResult poll(long millis) throws InterruptedException {
        return arrivals.poll(millis, TimeUnit.MILLISECONDS);
    }

    /** Returns the jobs that have ended since the last call, whose results are all there. */
    List<Ended> ended() {
        List<SparkJob> done = jobs.stream().filter(job -> job.action().isDone()).toList();
        jobs.removeAll(done);
        return done.stream().map(SparkJobs::awaitEnd).toList();
    }

    /** Returns the sums of ranges that have arrived, in order. */
    List<RangeResult> rangeResults() {
        return rangeResults.stream()
                .sorted(Comparator.comparingInt(RangeResult::range))
                .toList();
    }

    /** Returns whether a job that has not ended has a client. */
    boolean have(int index) {
        return jobs.stream().anyMatch(job -> job.positions().stream().anyMatch(task -> task.contains(index)));
    }

    /** Waits for the end of a job. */
    private static Ended awaitEnd(SparkJob job) {
        String reason;
        try {
            job.action().get(END_SECONDS, TimeUnit.SECONDS);
            reason = "it returned no result";
        } catch (ExecutionException e) {
            String text = String.valueOf(e.getCause() == null ? e : e.getCause().getMessage());
            reason = text.lines().findFirst().orElse("unknown");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            reason = e.toString();
        } catch (CancellationException | TimeoutException e) {
            reason = e.toString();
        }
        Matcher task = GIVEN_UP.matcher(reason);
        return new Ended(job.positions(), job.ranges(), task.find() ? Integer.parseInt(task.group(1)) : -1, reason);
    }

    // ---- the end

    /** Tells Spark to end what runs. Callable from any thread. */
    void cancel() {
        jobs.forEach(job -> job.action().cancel(true));
    }

    /** Ends all jobs. Returns the results that tasks had brought until then; no more come. */
    List<TaskResult> end() {
        try {
            cancel();
            round.holdInterrupt();
            jobs.forEach(SparkJobs::awaitEnd);
            List<TaskResult> late = new ArrayList<>();
            arrivals.drainTo(late);
            return late;
        } finally {
            round.restoreInterrupt();
            if (!trainer.spark().sc().isStopped()) {
                shuffles.forEach(slices -> slices.rdd().cleanShuffleDependencies(false));
            }
            trainer.ended(broadcasts);
        }
    }
}
