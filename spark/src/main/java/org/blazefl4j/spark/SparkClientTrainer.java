package org.blazefl4j.spark;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.core.PackageSum;
import org.blazefl4j.process.WorkerFunction;
import org.blazefl4j.spark.SparkOptions.Results;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.trainer.BackEndClientTrainer;
import org.blazefl4j.trainer.StateUsage;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.worker.PoolClassLoader;
import org.blazefl4j.worker.RoundContext;
import org.blazefl4j.worker.RoundResults;
import org.blazefl4j.worker.RoundWork;
import org.blazefl4j.worker.SlotLayout;
import org.jspecify.annotations.Nullable;

/**
 * Trains clients on a Spark cluster, with the bits of one machine: its name is all that changes in a round loop.
 *
 * <pre>{@code
 * try (var spark = new JavaSparkContext(new SparkConf().setAppName("study"));
 *         var trainer = new SparkClientTrainer<>(spark, federation.clients(), TrainerOptions.defaults())) {
 *     new Simulation<>(handler, trainer).run();
 * }
 * }</pre>
 *
 * <p>The driver keeps clients' states, decides about failures and hands packages over on the calling thread. What the
 * algorithm shares, such as the clients' data, is broadcast once. Classes of the algorithm must be on the executors'
 * class path ({@code spark-submit --jars}), whose processors must be of the driver's kind: others are refused by name,
 * because their bits would differ.
 *
 * <p>Spark repeats the tasks of executors that it loses, with the same bits. If it gives up a task, its clients have
 * failed, about which {@link TrainerOptions#onClientFailure} decides, and those of the round's other tasks are trained
 * by a further job. A round that a failure ends hands over the packages of tasks that had ended, not those of clients
 * that ran; with {@link SparkOptions.Results#SUMS} they have no elements.
 *
 * <p>{@code close()} frees what executors have. One that is busy with other work then does so when it next gets a task
 * of a trainer of this process.
 *
 * <p>{@link TrainerOptions#numParallels()}, slots and the class path of {@code ProcessOptions} do not matter here; the
 * cluster's processors do. The Spark context stays the caller's, and open while the trainer is used.
 *
 * @param <C> the client's configuration
 * @param <D> the downlink package
 * @param <U> the uplink package
 */
public final class SparkClientTrainer<C, D, U> extends BackEndClientTrainer<C, D, U> {

    /** The most bytes of packages and states of a task's clients, for which executor and driver need arrays. */
    private static final long TASK_BYTES = 256L << 20;

    private static final int TASKS_AT_A_TIME = 2;

    /** Up to here Spark writes slices without sorting them. */
    private static final int MOST_RANGES = 200;

    private static final int CLOSE_SECONDS = 1;

    /** The sessions that ended last in this process, for executors that were too busy to be told. */
    private static final EndedSessions ENDED = new EndedSessions();

    private static final Logger LOGGER = System.getLogger(SparkClientTrainer.class.getName());

    private final JavaSparkContext spark;
    private final SparkOptions sparkOptions;
    private final Supplier<NumericEnvironment> environment;
    private final String session = UUID.randomUUID().toString();
    private final Object function;
    private final SlotLayout layout;
    private final boolean converts;
    private final ClassLoader loader;
    private final SharedMemory shared;

    /** For sums that arrive. */
    private final TensorPool memory = new TensorPool();

    private final Map<Integer, JavaRDD<Integer>> tasks = new ConcurrentHashMap<>();

    /**
     * The broadcasts of the last round, destroyed when the next begins or the trainer is closed: tasks that were told
     * to end may still fetch them.
     */
    private final Queue<Broadcast<byte[]>> over = new ConcurrentLinkedQueue<>();

    private int messages;
    private volatile @Nullable SparkRound<?> running;
    private volatile boolean ended;

    /** Makes a trainer with the default {@link SparkOptions}. */
    public SparkClientTrainer(JavaSparkContext spark, ClientAlgorithm<C, D, U> algorithm, TrainerOptions options) {
        this(spark, algorithm, options, SparkOptions.defaults());
    }

    /**
     * Makes a trainer. Starts nothing in executors before the first round.
     *
     * @throws IllegalArgumentException if the worker function or what the algorithm shares cannot cross, or the CUDA
     *     device does not exist
     */
    public SparkClientTrainer(
            JavaSparkContext spark,
            ClientAlgorithm<C, D, U> algorithm,
            TrainerOptions options,
            SparkOptions sparkOptions) {
        this(spark, algorithm, options, sparkOptions, NumericEnvironment::capture);
    }

    /** Makes a trainer whose processor is said to be another. */
    @SuppressWarnings("this-escape") // all that is called is final
    SparkClientTrainer(
            JavaSparkContext spark,
            ClientAlgorithm<C, D, U> algorithm,
            TrainerOptions options,
            SparkOptions sparkOptions,
            Supplier<NumericEnvironment> environment) {
        super(algorithm, options);
        this.spark = spark;
        this.sparkOptions = sparkOptions;
        this.environment = environment;
        this.function = WorkerFunction.of(worker());
        U prepared = algorithm.prepareUplinkPackageBuffer();
        try {
            this.layout = SlotLayout.of(prepared);
        } finally {
            TensorWalk.closeAll(prepared);
        }
        this.converts = converts(algorithm);
        this.loader = new PoolClassLoader(worker().getClass(), algorithm.getClass());
        this.shared = new SharedMemory(spark);
        opened();
    }

    /** Returns whether packages are not as clients sent them, so that they cannot be added up before. */
    private static boolean converts(ClientAlgorithm<?, ?, ?> algorithm) {
        try {
            return algorithm
                            .getClass()
                            .getMethod("convertBufferToUplink", Object.class)
                            .getDeclaringClass()
                    != ClientAlgorithm.class;
        } catch (NoSuchMethodException e) {
            return true;
        }
    }

    /** Returns how this uses the cluster. */
    public SparkOptions sparkOptions() {
        return sparkOptions;
    }

    /** Returns Spark's {@code spark.default.parallelism}; if that is not set, the cluster's processors as of now. */
    @Override
    public int numParallels() {
        return Math.max(1, spark.defaultParallelism());
    }

    @Override
    public boolean addsUp() {
        return sparkOptions.results() == Results.SUMS && !converts;
    }

    @Override
    protected <E, F, W> RoundResults<W> begin(RoundContext<E, F, W> round) {
        destroyOver();
        SparkRound<W> results =
                new SparkRound<>(round, new SparkJobs(this, round, ++messages, encode(round)), loader, memory);
        running = results;
        return results;
    }

    private byte[] encode(RoundContext<?, ?, ?> context) {
        RoundWork<?, ?, ?> work = context.work();
        Object side = work.sideFunction() == null ? null : WorkerFunction.of(work.sideFunction());
        return Parcel.encode("payload", message(context, work, side), shared::find);
    }

    @SuppressWarnings("unchecked") // packages of a round are of one type
    private Messages.Round message(RoundContext<?, ?, ?> context, RoundWork<?, ?, ?> work, @Nullable Object side) {
        boolean drops = work.rules().drops()
                || work.rules().retries() > 0
                || work.rules().onNonFinite() == NonFinitePolicy.DROP;
        return new Messages.Round(
                settings(),
                function,
                layout.pattern(),
                options().grace().toMillis(),
                environment(),
                Map.copyOf(sharedByName()),
                work.round(),
                work.payload(),
                work.side(),
                side,
                settings().refuseNonFinite(),
                drops,
                (PackageSum<Object>) work.sum());
    }

    private NumericEnvironment environment() {
        try (IntraOpThreads scope = IntraOpThreads.scope(options().intraOpThreads())) {
            return environment.get();
        }
    }

    // ---- for rounds

    JavaSparkContext spark() {
        return spark;
    }

    String session() {
        return session;
    }

    /** Returns the sessions that ended last in this process. */
    static List<String> endedSessions() {
        return ENDED.names();
    }

    SharedMemory shared() {
        return shared;
    }

    /** Returns the numbers of so many tasks, each its own partition. The same object each time, which Spark knows. */
    JavaRDD<Integer> tasks(int count) {
        return tasks.computeIfAbsent(
                count, n -> spark.parallelize(IntStream.range(0, n).boxed().toList(), n));
    }

    /** Returns the number of tasks for some clients. */
    int tasksFor(int clients, RoundWork<?, ?, ?> work) {
        StateUsage states = stateUsage();
        long bytesOfAState = (states.memoryBytes() + states.diskBytes()) / Math.max(1, states.clients());
        long bytesOfAPackage = work.side() == null && work.sum() == null ? layout.slotBytes() : 0;
        return tasksFor(clients, sparkOptions.clientsPerTask(), bytesOfAPackage + bytesOfAState, tasksAtATime());
    }

    private int tasksAtATime() {
        return Math.max(1, numParallels() / spark.getConf().getInt("spark.task.cpus", 1));
    }

    /** Returns into how many ranges executors cut the sums of some tasks to add them up, or 0 if the driver does. */
    int rangesFor(int tasks, RoundWork<?, ?, ?> work) {
        if (tasks > 1
                && work.sum() instanceof PackageSum.Divisible<?> sum
                && tasks * sum.bytes() > sparkOptions.driverSumBytes()) {
            return ranges(tasksAtATime(), sum.numel());
        }
        return 0;
    }

    /** Returns into how many ranges to cut so many elements. */
    static int ranges(int atATime, long elements) {
        return (int) Math.min(elements, Math.min(atATime, MOST_RANGES));
    }

    /**
     * Returns the number of tasks for some clients.
     *
     * @param perTask the most clients of a task, or 0 for two tasks for each that runs at a time
     * @param bytes of each client's package and state
     */
    static int tasksFor(int clients, int perTask, long bytes, int atATime) {
        int wanted = perTask > 0 ? (clients + perTask - 1) / perTask : TASKS_AT_A_TIME * atATime;
        long fitting = Math.max(1, TASK_BYTES / Math.max(1, bytes));
        return (int) Math.min(clients, Math.max(wanted, (clients + fitting - 1) / fitting));
    }

    /** Forgets a round, and frees what it broadcast. */
    void ended(Iterable<Broadcast<byte[]>> broadcasts) {
        running = null;
        if (spark.sc().isStopped()) {
            return;
        }
        for (Broadcast<byte[]> broadcast : broadcasts) {
            broadcast.unpersist(false);
            over.add(broadcast);
        }
        if (ended) {
            destroyOver();
        } else {
            shared.trim();
        }
    }

    private void destroyOver() {
        for (Broadcast<byte[]> last = over.poll(); last != null; last = over.poll()) {
            last.destroy();
        }
    }

    // ---- the end

    @Override
    protected void publish(Object data) {
        shared.add(data);
    }

    @Override
    protected void end() {
        ended = true;
        SparkRound<?> last = running;
        if (last != null) {
            last.cancel();
        }
        if (!spark.sc().isStopped()) {
            freeExecutors();
            destroyOver();
        }
        shared.close();
        memory.close();
        ArrayPool.OF_PROCESS.clear();
    }

    /** Frees what executors have, as far as they answer soon. Others do so with the next task of any trainer. */
    private void freeExecutors() {
        ENDED.add(session);
        JavaFutureAction<Void> freed =
                tasks(TASKS_AT_A_TIME * numParallels()).foreachPartitionAsync(new CloseTask(session));
        try {
            freed.get(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException busy) {
            LOGGER.log(Level.DEBUG, "executors keep what the trainer had there until their next task", busy);
        }
    }
}
