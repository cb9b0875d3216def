package org.blazefl4j.trainer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
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
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.core.PeakMemory;
import org.blazefl4j.core.Phase;
import org.blazefl4j.core.PhaseTimes;
import org.blazefl4j.core.ShardFunction;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.core.Workers;
import org.blazefl4j.process.launch.ResidentMemory;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.worker.ClientFailures;
import org.blazefl4j.worker.ClientRunner;
import org.blazefl4j.worker.ClientTimeouts;
import org.blazefl4j.worker.ResultSink;
import org.blazefl4j.worker.RoundContext;
import org.blazefl4j.worker.RoundResults;
import org.blazefl4j.worker.RoundRunner;
import org.blazefl4j.worker.RoundStopEvent;
import org.blazefl4j.worker.RoundWork;
import org.blazefl4j.worker.TrainerLifecycle;
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
 * <p>What {@code sink}, {@link #progressFn}, {@link ClientAlgorithm#getClientConfig} or
 * {@link ClientAlgorithm#convertBufferToUplink} throw ends the round: running clients are told to stop, packages not
 * yet handed over are closed, and the exception is passed on.
 *
 * @param <C> the client's configuration
 * @param <D> the downlink package
 * @param <U> the uplink package
 */
public abstract class AbstractClientTrainer<C, D, U> implements ClientTrainer<D, U>, Checkpointable {

    /** The most packages that are handed over together: about as many as a sum takes in one pass. */
    private static final int LARGEST_BATCH = 8;

    /** How many bytes of results are left open without a word. */
    private static final long MOST_UNCLOSED = 1_000_000_000;

    /** So that the number of the next round exists. */
    private static final int LAST_ROUND = Integer.MAX_VALUE - 1;

    private final ClientAlgorithm<C, D, U> algorithm;
    private final TrainerOptions options;
    private final StopEvent stopEvent;
    private final int deviceCount;
    private final ClientWork<C, D, U> clients;
    private final TrainerLifecycle lifecycle;
    private final RoundStopEvent roundStop;
    private final ClientTimeouts timeouts;
    private final Map<String, Tensor> shared = new ConcurrentHashMap<>();
    private final DivergenceWarning divergence = new DivergenceWarning();
    private final UnclosedResults unclosed = new UnclosedResults(MOST_UNCLOSED);
    private final Workers workers = new BetweenRounds();
    private volatile ClientFailures failures;
    private volatile PhaseTimes phases = PhaseTimes.NONE;
    private volatile int round;

    /**
     * Checks the options and asks the algorithm for its worker.
     *
     * @param stopEvent the flag that this mode's workers can see
     * @param local whether clients run in this process, so that it interrupts those that go on after their time limit
     * @throws IllegalArgumentException if the device is a CUDA device that there is not
     */
    AbstractClientTrainer(
            ClientAlgorithm<C, D, U> algorithm, TrainerOptions options, StopEvent stopEvent, boolean local) {
        this.algorithm = Objects.requireNonNull(algorithm, "algorithm");
        this.options = Objects.requireNonNull(options, "options");
        this.stopEvent = stopEvent;
        LibTorch.load();
        this.deviceCount = CudaDevices.countFor(options);
        this.clients = new ClientWork<>(algorithm, options, this::getClientDevice, this::progressFn);
        this.failures = new ClientFailures(options.onClientFailure().rules(options.onNonFinite()));
        this.lifecycle = new TrainerLifecycle(options.grace());
        this.roundStop = new RoundStopEvent(stopEvent);
        this.timeouts = options.clientTimeLimit()
                .filter(limit -> local)
                .map(limit -> ClientTimeouts.after(limit.plus(options.grace())))
                .orElseGet(ClientTimeouts::unwatched);
    }

    // ---- what a mode does

    /** Dispatches one round. Clients may start at once or at the first {@code await}. */
    abstract <E, F, W> RoundResults<W> dispatch(RoundContext<E, F, W> context);

    /**
     * Ends workers and frees what they used, waiting for the grace period and one second at most. Called once, by any
     * thread, also during a round. {@link #freeShared} is due when the last worker has ended, be it later.
     */
    abstract void closeWorkers();

    /** Whether the current thread runs clients of this trainer, so that it cannot wait for them. */
    boolean isWorkerThread() {
        return false;
    }

    /** What clients of this process, and later a round's workers, get for a tensor. Closed with the trainer. */
    Tensor toShare(String name, Tensor tensor) {
        return Tensors.alias(tensor);
    }

    /** Puts tensors without a name to where all workers read them without a copy. */
    void toShare(Object data) {
        // workers of this process do
    }

    /** Frees what workers of this process shared; none may use it any more. */
    final void freeShared() {
        timeouts.close();
        clients.buffers().close();
        shared.values().forEach(Tensor::close);
    }

    /** Makes a worker of this process. */
    final ClientRunner runner(int index) {
        return new ClientRunner(index, workerSettings(), shared, roundStop, clients.classes(), timeouts);
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

    /** What clients keep between rounds. */
    final ClientStates states() {
        return clients.states();
    }

    /** When clients that have not ended are given up. */
    final TrainerLifecycle lifecycle() {
        return lifecycle;
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
        return clients.cache().snapshot();
    }

    @Override
    public final StopEvent stopEvent() {
        return stopEvent;
    }

    /** The function that trains one client. */
    public final ClientWorker<C, D, U> worker() {
        return clients.function();
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
        lifecycle.enter(round);
        try {
            round = number;
            clients.startAtRound(number);
        } finally {
            lifecycle.leave();
        }
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
        exclusively(() -> clients.save(out));
    }

    /**
     * Goes on as the saved trainer would, whatever its mode and number of workers.
     *
     * @throws IllegalStateException if the trainer is closed or a round is running
     */
    @Override
    public final void restore(CheckpointReader in) {
        exclusively(() -> round = clients.restore(in));
    }

    /** What the clients' states take, those included that the clients of a running round have left so far. */
    public final StateUsage stateUsage() {
        return states().usage();
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
        exclusively(() -> {
            if (shared.containsKey(name)) {
                throw new IllegalArgumentException(
                        "name is taken: name=" + name + ", limit=one tensor per name; choose another name");
            }
            shared.put(name, toShare(name, tensor));
        });
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

    // ---- rounds

    @Override
    public final void localProcess(D payload, List<Integer> cids) {
        process(payload, cids, new ResultSink<>(batch -> batch.forEach(clients.cache()::add), 1), false);
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

    private void process(D payload, List<Integer> cids, ResultSink<U> sink, boolean streaming) {
        requireOpen(payload);
        List<Integer> checked = ClientIds.checked(cids, algorithm.numClients());
        exclusively(() -> {
            requireRoundLeft();
            RoundContext<C, D, U> current = context(clients.of(round, payload, checked), streaming);
            current.throwIfStopped();
            clients.cache().discard();
            unclosed.look();
            runCounted(current, new ResultSink<>(unclosed.watching(checked.size(), sink.sink()), sink.most()));
        });
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

    private <E, F, W> RoundContext<E, F, W> context(RoundWork<E, F, W> work, boolean streaming) {
        return new RoundContext<>(work, streaming, lifecycle, stopEvent, timeouts);
    }

    private void runCounted(RoundContext<C, D, U> current, ResultSink<U> sink) {
        failures = current.failures();
        try {
            run(current, sink);
        } finally {
            current.clock().pause();
            phases = current.clock().times();
            if (options.onNonFinite() != NonFinitePolicy.FAIL) { // else the round fails
                divergence.look(round, failures.nonFinite(), current.size());
            }
            states().discard();
            round++;
        }
    }

    private <W> void run(RoundContext<?, ?, W> current, ResultSink<W> sink) {
        roundStop.follow(current);
        try (IntraOpThreads scope = IntraOpThreads.scope(options.intraOpThreads())) {
            current.clock().enter(Phase.PUBLISH);
            new RoundRunner<>(current, dispatch(current), sink).run();
        } finally {
            roundStop.follow(null);
        }
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
        return clients.cache().take();
    }

    private void requireRoundLeft() {
        if (round > LAST_ROUND) {
            throw new IllegalStateException("no round left: round=" + (round + 1L) + ", limit=" + (LAST_ROUND + 1)
                    + "; start again with startAtRound(0)");
        }
    }

    /** Does something to the trainer, which is open, while nobody else does. */
    private void exclusively(Runnable use) {
        lifecycle.enter(round);
        try {
            lifecycle.requireOpen(round);
            use.run();
        } finally {
            lifecycle.leave();
        }
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
            exclusively(() -> toShare(data));
        }

        @Override
        public <P, R> List<R> map(String work, P payload, int shards, ShardFunction<P, R> function) {
            ShardedWork.check(work, shards);
            requireOpen(payload);
            Objects.requireNonNull(function, "function");
            List<R> results = new ArrayList<>(shards);
            exclusively(() -> {
                RoundContext<Integer, P, R> current =
                        context(new ShardedWork<>(work, round, payload, shards, function, options, deviceCount), true);
                current.throwIfStopped();
                run(current, new ResultSink<>(results::addAll, LARGEST_BATCH));
            });
            return results;
        }
    }

    // ---- the end

    /** The same as {@link #close()}. */
    public final void shutdown() {
        close();
    }

    @Override
    public final void close() {
        lifecycle.close(this::closeAll, isWorkerThread());
    }

    private void closeAll() {
        try {
            closeWorkers();
        } finally {
            clients.close();
        }
    }
}
