package org.blazefl4j.trainer;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.IdleCores;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.core.PeakMemory;
import org.blazefl4j.core.PhaseTimes;
import org.blazefl4j.core.ShardFunction;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.core.Workers;
import org.blazefl4j.process.launch.ResidentMemory;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.worker.ClientTimeouts;
import org.blazefl4j.worker.PoolClassLoader;
import org.blazefl4j.worker.UplinkBuffers;
import org.blazefl4j.worker.WorkerSettings;
import org.bytedeco.pytorch.Tensor;

/**
 * What trainers of all execution modes have in common: checks, the count of rounds, packages handed over in order, the
 * cache, clients' states, and the end. Subclass one of the three trainers to override {@link #progressFn}.
 *
 * <p>A trainer runs one round at a time. Each call of {@code localProcess} that gets to train is a round, whether it
 * succeeds or not; {@link #startAtRound} repeats a round or resumes. A round starts with an empty cache: packages of an
 * earlier one that nobody took are closed.
 *
 * <p>A client that fails ends the round, is trained again or is dropped, as {@link TrainerOptions#onClientFailure}
 * says. A dropped one is passed over: {@link #progressFn} sees it, {@code sink} does not.
 *
 * <p>What {@code sink}, {@link #progressFn}, {@link #getClientConfig} or {@link #convertBufferToUplink} throw ends the
 * round: running clients are told to stop, packages not yet handed over are closed, and the exception is passed on.
 *
 * @param <C> the client's configuration
 * @param <D> the downlink package
 * @param <U> the uplink package
 */
public abstract class AbstractClientTrainer<C, D, U> implements ClientTrainer<D, U>, Checkpointable {

    private static final String ROUND = "round";
    private static final String STATE_OF = "state of client ";

    private static final Duration AFTER_GRACE = Duration.ofSeconds(1);

    /** The most packages that are handed over together: about as many as a sum takes in one pass. */
    private static final int LARGEST_BATCH = 8;

    /** How many bytes of results are left open without a word. */
    private static final long MOST_UNCLOSED = 1_000_000_000;

    /** So that the number of the next round exists. */
    private static final int LAST_ROUND = Integer.MAX_VALUE - 1;

    private final ClientAlgorithm<C, D, U> algorithm;
    private final TrainerOptions options;
    private final ClientWorker<C, D, U> worker;
    private final StopEvent stopEvent;
    private final UplinkBuffers<U> buffers;
    private final int deviceCount;
    private final Map<String, Tensor> shared = new ConcurrentHashMap<>();
    private final PackageCache<U> cache = new PackageCache<>();
    private final DivergenceWarning divergence = new DivergenceWarning();
    private final UnclosedResults unclosed = new UnclosedResults(MOST_UNCLOSED);
    private final Workers workers = new BetweenRounds();
    private final ClientStates states;
    private final AtomicReference<Thread> caller = new AtomicReference<>();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CountDownLatch closeDone = new CountDownLatch(1);
    private ClientTimeouts overtime = ClientTimeouts.unwatched();
    private volatile RoundContext<?, ?, ?> running;
    private volatile ClientFailures failures;
    private volatile PhaseTimes phases = PhaseTimes.NONE;
    private volatile int round;
    private int committedRounds;
    private volatile boolean closed;
    private volatile long closeDeadline;

    /**
     * Checks the options and asks the algorithm for its worker.
     *
     * @param stopEvent the flag that this mode's workers can see
     * @throws IllegalArgumentException if the device is a CUDA device that there is not
     */
    AbstractClientTrainer(ClientAlgorithm<C, D, U> algorithm, TrainerOptions options, StopEvent stopEvent) {
        this.algorithm = Objects.requireNonNull(algorithm, "algorithm");
        this.options = Objects.requireNonNull(options, "options");
        this.stopEvent = stopEvent;
        Path stateFolder = options.stateFolder().orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir")));
        this.states = new ClientStates(new StateStore(options.stateMemory(), new StateFiles(stateFolder)));
        LibTorch.load();
        this.deviceCount = CudaDevices.countFor(options);
        this.worker = Objects.requireNonNull(algorithm.worker(), "algorithm.worker()");
        this.failures = new ClientFailures(options.onClientFailure());
        this.buffers = new UplinkBuffers<>(
                this::prepareUplinkPackageBuffer, stateClasses(), options.slotsIfSet(), options.numParallels());
    }

    /** Prepares one round. Clients may start at once or at the first {@code await}. */
    abstract <F, E, W> RoundResults<W> execute(RoundContext<F, E, W> round);

    /**
     * Ends workers and frees what they used, waiting for the grace period and one second at most. Called once, by any
     * thread, also during a round. {@link #freeShared} is due when the last worker has ended, be it later.
     */
    abstract void closeWorkers();

    /** Frees what workers of this process shared; none may use it any more. */
    final void freeShared() {
        overtime.close();
        buffers.close();
        shared.values().forEach(Tensor::close);
    }

    /** Makes what interrupts clients of this process that go on after their time limit. Once, by the constructor. */
    final ClientTimeouts watchOvertime() {
        options.clientTimeLimit().ifPresent(limit -> overtime = ClientTimeouts.after(limit.plus(options.grace())));
        return overtime;
    }

    /** Whether it is for its client's time limit that a thread's interrupt flag is set. */
    final boolean isInterruptedByTimeLimit(Thread thread) {
        return overtime.interrupts(thread);
    }

    /** Whether the current thread runs clients of this trainer, so that it cannot wait for them. */
    boolean isWorkerThread() {
        return false;
    }

    /** What clients of this process look at: the trainer's event, or any other reason to end the round early. */
    final StopEvent clientsStopEvent() {
        return new StopEvent() {
            @Override
            public void set() {
                stopEvent.set();
            }

            @Override
            public void clear() {
                stopEvent.clear();
            }

            @Override
            public boolean isSet() {
                RoundContext<?, ?, ?> current = running;
                return current == null || current.stopRequested();
            }
        };
    }

    /** What every worker is told once. */
    final WorkerSettings workerSettings() {
        long limit = options.clientTimeLimit().map(Duration::toNanos).orElse(WorkerSettings.NO_LIMIT);
        return new WorkerSettings(
                options.seed(),
                options.intraOpThreads(),
                options.rngCheck(),
                options.onNonFinite() != NonFinitePolicy.WARN,
                limit);
    }

    /** Finds the classes of clients' states. */
    final ClassLoader stateClasses() {
        return new PoolClassLoader(worker.getClass(), algorithm.getClass());
    }

    /** What makes uplink buffers for clients of this process. */
    final UplinkBuffers<U> buffers() {
        return buffers;
    }

    /** What clients keep between rounds. */
    final ClientStates states() {
        return states;
    }

    /** The shared tensors by name; changes as more are shared. */
    final Map<String, Tensor> shared() {
        return shared;
    }

    final boolean isClosed() {
        return closed;
    }

    // ---- attributes

    /** The options. */
    public final TrainerOptions options() {
        return options;
    }

    /** The number of clients that are trained at the same time. */
    public int numParallels() {
        return options.numParallels();
    }

    /** How many cores clients keep busy beside the calling thread's, in a round of so many. */
    int busyCores(int clients) {
        return Math.min(numParallels(), clients) * options.intraOpThreads();
    }

    /** Where clients compute; {@code cuda} spreads them over all CUDA devices. */
    public final Device device() {
        return options.device();
    }

    /** The number of CUDA devices that clients are spread over. */
    public final int deviceCount() {
        return deviceCount;
    }

    /** The packages that {@link #uplinkPackage()} would return now; they stay the trainer's. */
    public final List<U> cache() {
        return cache.snapshot();
    }

    @Override
    public final StopEvent stopEvent() {
        return stopEvent;
    }

    /** The function that trains one client. */
    public final ClientWorker<C, D, U> worker() {
        return worker;
    }

    @Override
    public final int round() {
        return round;
    }

    /**
     * Sets the number of the next round, to resume an experiment or to repeat a round with the same random streams.
     * Rounds are numbered from 0 here, as {@link #round()} does; messages and results count from 1.
     *
     * @param number from 0
     * @throws IllegalArgumentException if it is negative, or so large that no round could follow
     * @throws IllegalStateException if a round is running
     */
    public final void startAtRound(int number) {
        if (number < 0 || number > LAST_ROUND) {
            throw new IllegalArgumentException("no such round: number=" + number + ", limit=0 to " + LAST_ROUND
                    + "; startAtRound(0) is the first round");
        }
        enter();
        try {
            goOnAt(number);
        } finally {
            leave();
        }
    }

    private void goOnAt(int number) {
        round = number;
        committedRounds = number;
    }

    // ---- checkpoints

    /**
     * Writes the number of the next round and the committed states of the clients. A round that was stopped, or in
     * which the caller's own code threw, is the next one: it is to be repeated.
     *
     * @throws IllegalStateException if the trainer is closed or a round is running
     */
    @Override
    public final void save(CheckpointWriter out) {
        enter();
        try {
            requireOpen();
            out.put(ROUND, committedRounds);
            for (int client : states.clients()) {
                try (Tensor state = states.read(client)) {
                    out.put(STATE_OF + client, state);
                }
            }
        } finally {
            leave();
        }
    }

    /**
     * Goes on as the saved trainer would, whatever its mode and number of workers.
     *
     * @throws IllegalStateException if the trainer is closed or a round is running
     */
    @Override
    public final void restore(CheckpointReader in) {
        enter();
        try {
            requireOpen();
            int number = in.get(ROUND, Integer.class);
            for (String name : in.names()) {
                if (name.startsWith(STATE_OF)) {
                    restoreState(Integer.parseInt(name.substring(STATE_OF.length())), in.get(name, Tensor.class));
                }
            }
            states.commitAlone();
            goOnAt(number);
        } finally {
            states.discard();
            leave();
        }
    }

    /** The state lives on, whichever {@code PointerScope} it was read in. */
    private void restoreState(int client, Tensor saved) {
        try (saved) {
            states.stage(client, Tensors.alias(saved));
        }
    }

    /** What the clients' states take, those included that the clients of a running round have left so far. */
    public final StateUsage stateUsage() {
        return states.usage();
    }

    // ---- hooks

    /**
     * Wraps the clients of a round for a progress bar; override it to see each one pass. The next element is asked for
     * when the one before it was handed over or dropped.
     *
     * @param jobs the client ids in the order of hand-over
     * @return the same ids in the same order; by default {@code jobs} itself
     */
    public Iterable<Integer> progressFn(List<Integer> jobs) {
        return jobs;
    }

    /** The configuration of one client. Called on the thread of {@code localProcess} when the client is dealt. */
    public C getClientConfig(int cid) {
        return algorithm.getClientConfig(cid);
    }

    /**
     * Waits until all workers are ready. Only measurements need to; where clients run in this process it returns at
     * once.
     */
    public void awaitReady() {
        // nothing has to start
    }

    /** The device of one client: {@code cuda:{cid % deviceCount}} where the trainer's device is {@code cuda}. */
    public Device getClientDevice(int cid) {
        return device().forClient(cid, deviceCount);
    }

    /**
     * What one client's result needs; the caller owns its tensors. May be called by several threads at once, and not
     * for each client: large results are laid out like an earlier one, in memory that is used again.
     */
    public U prepareUplinkPackageBuffer() {
        return algorithm.prepareUplinkPackageBuffer();
    }

    /** The last step on each package before it is handed over. On the thread of {@code localProcess}. */
    public U convertBufferToUplink(U uplink) {
        return algorithm.convertBufferToUplink(uplink);
    }

    @Override
    public List<Integer> order(List<Integer> cids) {
        return ClientIds.largestFirst(cids, algorithm.numClients(), algorithm::dataSize);
    }

    // ---- shared tensors

    /**
     * Gives clients a tensor under a name, for {@code WorkerContext.shared(name)}, beside those of
     * {@link ClientAlgorithm#shared}. In process mode it is copied to shared memory once; in the others clients see the
     * caller's memory. Either way the caller may close its own tensor afterwards but does not change what is in it.
     *
     * @throws IllegalArgumentException if the name is blank or taken, or the tensor is undefined
     * @throws IllegalStateException if the trainer is closed or a round is running
     */
    public final void share(String name, Tensor tensor) {
        if (name == null || name.isBlank()) {
            throw new IllegalArgumentException("name is blank: name=" + name + "; give the shared tensor a name");
        }
        if (!Tensors.isOpen(tensor)) {
            throw new IllegalArgumentException(
                    "tensor is undefined: name=" + name + "; share a tensor that is not null, closed or empty of type");
        }
        enter();
        try {
            requireOpen();
            if (shared.containsKey(name)) {
                throw new IllegalArgumentException(
                        "name is taken: name=" + name + ", limit=one tensor per name; choose another name");
            }
            shared.put(name, toShare(name, tensor));
        } finally {
            leave();
        }
    }

    /** Shares what the algorithm names. The last step of each constructor; closes the trainer if it fails. */
    final void shareDeclared() {
        try {
            algorithm.shared().forEach((name, data) -> {
                if (data == null || data instanceof Tensor) {
                    share(name, (Tensor) data);
                } else {
                    workers.share(data);
                }
            });
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** What clients of this process, and later {@link #shared()}, get for a tensor. Closed with the trainer. */
    Tensor toShare(String name, Tensor tensor) {
        return Tensors.alias(tensor);
    }

    /** Puts tensors without a name to where all workers read them without a copy. */
    void toShare(Object data) {
        // workers of this process do
    }

    // ---- rounds

    @Override
    public final void localProcess(D payload, List<Integer> cids) {
        process(payload, cids, new ResultSink<>(batch -> batch.forEach(cache::add), 1), false);
    }

    @Override
    public final void localProcess(D payload, List<Integer> cids, Consumer<? super U> sink) {
        Objects.requireNonNull(sink, "sink");
        process(payload, cids, new ResultSink<>(batch -> batch.forEach(sink), 1), true);
    }

    @Override
    public final void localProcessInBatches(D payload, List<Integer> cids, Consumer<? super List<U>> sink) {
        process(payload, cids, new ResultSink<>(Objects.requireNonNull(sink, "sink"), LARGEST_BATCH), true);
    }

    private void process(D payload, List<Integer> cids, ResultSink<U> handOver, boolean streaming) {
        requireOpen(payload);
        List<Integer> checked = ClientIds.checked(cids, algorithm.numClients());
        enter();
        try {
            requireOpen();
            requireRoundLeft();
            RoundWork<C, D, U> work = new ClientWork<>(this, round, checked, cache);
            RoundContext<C, D, U> current = new RoundContext<>(this, work, payload, streaming);
            RoundRunner<C, D, U> course = new RoundRunner<>(this, current);
            course.throwIfStopped();
            cache.discard();
            unclosed.look();
            runCounted(
                    current,
                    course,
                    new ResultSink<>(unclosed.watching(checked.size(), handOver.sink()), handOver.most()));
        } finally {
            leave();
        }
    }

    /** Else each client would be blamed that looks at it. */
    private static void requireOpen(Object payload) {
        Objects.requireNonNull(payload, "payload");
        for (TensorWalk.Found found : TensorWalk.tensors(payload)) {
            if (!Tensors.isOpen(found.tensor())) {
                throw new IllegalArgumentException("payload is closed: path=" + found.path() + ", type="
                        + payload.getClass().getName()
                        + ", expected=open tensors; close it after the round, not before");
            }
        }
    }

    private void runCounted(RoundContext<C, D, U> current, RoundRunner<C, D, U> course, ResultSink<U> handOver) {
        failures = current.failures();
        try {
            run(current, course, handOver);
        } finally {
            current.clock().pause();
            phases = current.clock().times();
            warnOfDivergence(current.size());
            states.discard();
            round = current.number() + 1;
        }
    }

    /** Unless the round fails for it. */
    private void warnOfDivergence(int clients) {
        if (options.onNonFinite() != NonFinitePolicy.FAIL) {
            divergence.look(round, failures.nonFinite(), clients);
        }
    }

    private <F, E, W> void run(RoundContext<F, E, W> current, RoundRunner<F, E, W> course, ResultSink<W> handOver) {
        running = current;
        try (IntraOpThreads scope = IntraOpThreads.scope(options.intraOpThreads());
                IdleCores.Claim busy = IdleCores.claim(busyCores(current.size()))) {
            course.run(handOver);
        } finally {
            running = null;
        }
    }

    /** What the clients of the running round have left counts from now on. */
    final void commitStates() {
        states.commit();
        committedRounds = round + 1;
    }

    @Override
    public PeakMemory peakMemory() {
        return new PeakMemory(ResidentMemory.peak(), List.of());
    }

    @Override
    public final List<ClientFailedException> dropped() {
        return failures.dropped();
    }

    @Override
    public final List<ClientFailedException> retried() {
        return failures.retried();
    }

    @Override
    public final List<Integer> nonFinite() {
        return failures.nonFinite();
    }

    /** Where the time of the last round went, whether it succeeded or not. */
    @Override
    public final PhaseTimes phases() {
        return phases;
    }

    @Override
    public final List<U> uplinkPackage() {
        return cache.take();
    }

    // ---- work between rounds

    @Override
    public final Workers workers() {
        return workers;
    }

    private final class BetweenRounds implements Workers {

        @Override
        public int count() {
            return numParallels();
        }

        @Override
        public void share(Object data) {
            Objects.requireNonNull(data, "data");
            enter();
            try {
                requireOpen();
                toShare(data);
            } finally {
                leave();
            }
        }

        @Override
        public <P, R> List<R> map(String work, P payload, int shards, ShardFunction<P, R> function) {
            checkShards(work, shards);
            requireOpen(payload);
            Objects.requireNonNull(function, "function");
            List<R> results = new ArrayList<>(shards);
            enter();
            try {
                requireOpen();
                RoundWork<Integer, P, R> sharded =
                        new ShardedWork<>(work, AbstractClientTrainer.this, shards, function);
                RoundContext<Integer, P, R> current =
                        new RoundContext<>(AbstractClientTrainer.this, sharded, payload, true);
                RoundRunner<Integer, P, R> course = new RoundRunner<>(AbstractClientTrainer.this, current);
                course.throwIfStopped();
                run(current, course, new ResultSink<>(results::addAll, LARGEST_BATCH));
            } finally {
                leave();
            }
            return results;
        }
    }

    private static void checkShards(String work, int shards) {
        if (work == null || work.isBlank()) {
            throw new IllegalArgumentException("work is blank: work=" + work + "; give it a name, for messages");
        }
        if (shards < 0) {
            throw new IllegalArgumentException(
                    "too few shards: work=" + work + ", shards=" + shards + ", limit=0 or more");
        }
    }

    private void enter() {
        Thread current = Thread.currentThread();
        Thread other = caller.compareAndExchange(null, current);
        if (other != null) {
            throw new IllegalStateException("a round is running: round=" + (round + 1) + ", limit=one at a time; "
                    + (other == current
                            ? "this is called from its own sink or listener"
                            : "thread=" + other.getName() + " is in localProcess")
                    + "; wait until it returns, or use a second trainer");
        }
    }

    private void leave() {
        caller.set(null);
    }

    private void requireOpen() {
        if (isClosed()) {
            throw new IllegalStateException("trainer is closed: round=" + (round + 1L) + "; make a new trainer");
        }
    }

    private void requireRoundLeft() {
        if (round > LAST_ROUND) {
            throw new IllegalStateException("no round left: round=" + (round + 1L) + ", limit=" + (LAST_ROUND + 1)
                    + "; start again with startAtRound(0)");
        }
    }

    // ---- the end

    /** The same as {@link #close()}. */
    public final void shutdown() {
        close();
    }

    @Override
    public final void close() {
        long deadline = System.nanoTime() + options.grace().toNanos() + AFTER_GRACE.toNanos();
        if (!closing.compareAndSet(false, true)) {
            awaitClose();
            return;
        }
        closeDeadline = deadline;
        closed = true;
        try {
            closeWorkers();
        } finally {
            cache.close();
            states.close();
            closeDone.countDown();
        }
    }

    /** The time left in nanoseconds until clients that have not ended are given up; only once closed. */
    final long nanosToClose() {
        return closeDeadline - System.nanoTime();
    }

    /** Whether the trainer was closed so long ago that clients that have not ended are given up. */
    final boolean closeIsOverdue() {
        return isClosed() && nanosToClose() <= 0;
    }

    private void awaitClose() {
        if (caller.get() == Thread.currentThread() || isWorkerThread()) {
            return;
        }
        try {
            closeDone.await(options.grace().plus(AFTER_GRACE).toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
