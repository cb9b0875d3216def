package org.blazefl4j.trainer;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientEvaluator;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.ClientTrainer.PeakMemory;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.core.PackageSum;
import org.blazefl4j.core.PhaseTimes;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.core.Workers;
import org.blazefl4j.cuda.CudaErrors;
import org.blazefl4j.cuda.CudaMemory;
import org.blazefl4j.cuda.CudaNumerics;
import org.blazefl4j.cuda.CudaWarmUp;
import org.blazefl4j.cuda.GraphMode;
import org.blazefl4j.process.launch.ResidentMemory;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.ErrorCollector;
import org.blazefl4j.worker.ClientRunner;
import org.blazefl4j.worker.Delivery;
import org.blazefl4j.worker.RoundContext;
import org.blazefl4j.worker.RoundResults;
import org.blazefl4j.worker.TrainerLifecycle;
import org.blazefl4j.worker.WorkerSettings;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What the trainers of all execution modes share: rounds, clients' states, checkpoints and shared tensors. Choose a
 * mode by {@link ExecutionMode#trainer}, or subclass one of the three trainers to override {@link #progressFn} or
 * {@link #getClientDevice}.
 *
 * <p>A trainer runs one round at a time. Each call of {@code localProcess} that begins to train is a round, whether it
 * succeeds or not; {@link #startAtRound} repeats a round. A round starts with an empty cache: packages of an earlier
 * round that nobody took are closed.
 *
 * <p>{@link TrainerOptions#onClientFailure} decides whether a failed client ends the round, is retried or is dropped.
 * {@link #progressFn} sees dropped clients, the sink does not.
 *
 * <p>An exception of the sink, {@link #progressFn}, {@link ClientAlgorithm#getClientConfig} or
 * {@link ClientAlgorithm#convertBufferToUplink} ends the round: running clients are told to stop, packages that were
 * not handed over are closed, and the exception is passed on.
 *
 * <p>While a trainer on CUDA is open, LibTorch computes float32 on devices without TF32 in convolutions, by
 * deterministic algorithms alone and without filling new tensors; an operation that has no such algorithm throws.
 * Closing the last one puts the settings of the process back. Open it while no other trainer has a round.
 *
 * @param <C> the client's configuration
 * @param <D> the downlink package
 * @param <U> the uplink package
 */
public abstract class AbstractClientTrainer<C, D, U> implements ClientTrainer<D, U>, Checkpointable {

    private final ClientAlgorithm<C, D, U> algorithm;
    private final TrainerOptions options;
    private final int deviceCount;
    private final boolean local;
    final ClientWork<C, D, U> clients;
    final TrainerRounds rounds;
    final SharedTensors shared = new SharedTensors();
    private final Workers workers;

    /** Opened last, so that no constructor that fails leaves the settings of the process changed. */
    private volatile @Nullable CudaNumerics numerics;

    /**
     * Checks the options and asks the algorithm for its worker.
     *
     * @param stopEvent an event that this mode's workers can see
     * @param local whether clients run in this process, so that threads of clients over their time limit are
     *     interrupted
     * @throws IllegalArgumentException if the CUDA device does not exist
     */
    AbstractClientTrainer(
            ClientAlgorithm<C, D, U> algorithm, TrainerOptions options, StopEvent stopEvent, boolean local) {
        this.algorithm = Objects.requireNonNull(algorithm, "algorithm");
        this.options = Objects.requireNonNull(options, "options");
        LibTorch.load();
        this.deviceCount = options.checkedDeviceCount();
        this.local = local;
        this.clients = new ClientWork<>(algorithm, options, this::getClientDevice, this::progressFn);
        this.rounds = new TrainerRounds(options, stopEvent, clients::round, this::dispatch, local);
        this.workers = new BetweenRounds(rounds, this::numParallels, this::toShare, options, deviceCount);
    }

    // ---- what a mode does

    /** Dispatches one round. Clients may start now or at the first {@code await}. */
    abstract <E, F, W> RoundResults<W> dispatch(RoundContext<E, F, W> context);

    /**
     * Ends the workers and frees their resources, within the grace time and a second. Called once, by any thread,
     * possibly during a round. {@link #freeShared} must follow the last worker's end, even if that is later.
     */
    abstract void closeWorkers();

    /** Returns whether the current thread runs clients of this trainer, so that it cannot wait for them. */
    boolean isWorkerThread() {
        return false;
    }

    /** Returns the tensor to give to workers, which is closed with the trainer. */
    Tensor toShare(String name, Tensor tensor) {
        return Tensors.alias(tensor);
    }

    /** Makes unnamed tensors readable for workers without a copy. */
    void toShare(Object data) {
        // workers of this process can read them
    }

    /** Frees what workers of this process share, after the last one has ended. */
    final void freeShared() {
        rounds.close();
        clients.buffers().close();
        shared.close();
    }

    /** Creates a worker of this process. */
    final ClientRunner runner(int index) {
        return rounds.runner(index, workerSettings(), shared.byName(), clients.classes());
    }

    final WorkerSettings workerSettings() {
        return workerSettings(local ? options.deviceDataShare() : 0);
    }

    final WorkerSettings workerSettings(double deviceDataShare) {
        long limit = options.clientTimeLimit().map(Duration::toNanos).orElse(WorkerSettings.NO_LIMIT);
        boolean checkAll = options.onNonFinite() != NonFinitePolicy.WARN;
        return new WorkerSettings(
                options.seed(),
                options.intraOpThreads(),
                options.rngCheck(),
                checkAll,
                limit,
                devices(),
                deviceDataShare,
                GraphMode.valueOf(options.stepGraphs().name()));
    }

    /** Returns the CUDA devices that clients compute on, by index; none for the CPU. */
    private List<Integer> devices() {
        if (device().isCpu()) {
            return List.of();
        }
        return device().index() < 0 ? IntStream.range(0, deviceCount).boxed().toList() : List.of(device().index());
    }

    final ClientStates states() {
        return clients.states();
    }

    final TrainerLifecycle lifecycle() {
        return rounds.lifecycle();
    }

    // ---- attributes

    /** Returns the options. */
    public final TrainerOptions options() {
        return options;
    }

    /** Returns the number of clients that are trained at the same time. */
    public int numParallels() {
        return options.numParallels();
    }

    /** Returns where clients compute; {@code cuda} stands for all CUDA devices. */
    public final Device device() {
        return options.device();
    }

    /** Returns the number of CUDA devices that clients are spread over; 0 for the CPU, unless a number was set. */
    public final int deviceCount() {
        return deviceCount;
    }

    /** Returns the packages that {@link #uplinkPackage()} would return now; they stay the trainer's. */
    public final List<U> cache() {
        return clients.cache().snapshot();
    }

    @Override
    public final StopEvent stopEvent() {
        return rounds.stopEvent();
    }

    /** Returns the function that trains one client. */
    public final ClientWorker<C, D, U> worker() {
        return clients.function();
    }

    /**
     * Returns the memory that the clients' states take. It includes those that clients of a running round have left.
     */
    public final StateUsage stateUsage() {
        return states().usage();
    }

    @Override
    public PeakMemory peakMemory() {
        return new PeakMemory(ResidentMemory.peak(), List.of());
    }

    // ---- hooks

    /**
     * Wraps the clients of a round; override it to show progress. The next element is requested after one more client
     * was handed over or dropped: the previous element, or any if packages are handed over in any order.
     *
     * @param jobs the client ids in the order of the list
     * @return the same ids in the same order; by default {@code jobs} itself
     */
    public Iterable<Integer> progressFn(List<Integer> jobs) {
        return jobs;
    }

    /**
     * Waits until all workers are ready. Only measurements need this; in threads of this process it returns at once.
     */
    public void awaitReady() {
        // nothing has to start
    }

    /** Returns the device of a client: {@code cuda:{cid % deviceCount}} if the trainer's device is {@code cuda}. */
    public Device getClientDevice(int cid) {
        return device().forClient(cid, deviceCount);
    }

    @Override
    public List<Integer> order(List<Integer> cids) {
        return RoundArguments.largestFirst(cids, algorithm.numClients(), algorithm::dataSize);
    }

    // ---- checkpoints

    @Override
    public final int round() {
        return clients.round();
    }

    /**
     * Sets the number of the next round, to resume an experiment or to repeat a round with the same random streams.
     *
     * @param number counts from 0, as {@link #round()}; messages and results count from 1
     * @throws IllegalArgumentException if it is negative, or so large that no round could follow
     * @throws IllegalStateException if a round is running
     */
    public final void startAtRound(int number) {
        rounds.apart(() -> clients.startAtRound(number));
    }

    /**
     * Writes the number of the next round and the clients' committed states. A round that was stopped, or in which the
     * caller's own code threw, is the next one, so that it is repeated.
     *
     * @throws IllegalStateException if the trainer is closed or a round is running
     */
    @Override
    public final void save(CheckpointWriter out) {
        rounds.exclusively(() -> clients.save(out));
    }

    /**
     * Continues like the saved trainer, which may have had another mode and number of workers.
     *
     * @throws IllegalStateException if the trainer is closed or a round is running
     */
    @Override
    public final void restore(CheckpointReader in) {
        rounds.exclusively(() -> clients.restore(in));
    }

    // ---- shared tensors

    /**
     * Shares a tensor with clients under a name, for {@code WorkerContext.shared(name)}, in addition to
     * {@link ClientAlgorithm#shared}. In process mode it is copied to shared memory once; in other modes clients see
     * the caller's memory. The caller may close its tensor afterwards but must not change its contents.
     *
     * @throws IllegalArgumentException if the name is blank or taken, or the tensor is undefined
     * @throws IllegalStateException if the trainer is closed or a round is running
     */
    public final void share(String name, Tensor tensor) {
        SharedTensors.check(name, tensor);
        rounds.exclusively(() -> shared.put(name, tensor, this::toShare));
    }

    /** Shares what the algorithm names. The last step of each constructor; closes the trainer if it fails. */
    final void shareDeclared() {
        try {
            numerics = CudaNumerics.scope(device().isCpu());
            if (local) {
                CudaWarmUp.run(devices());
            }
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
        process(payload, cids, null, Delivery.COLLECTED, 1, batch -> batch.forEach(clients.cache()::add));
    }

    @Override
    public final void localProcess(D payload, List<Integer> cids, Consumer<? super U> sink) {
        Objects.requireNonNull(sink, "sink");
        process(payload, cids, null, Delivery.IN_ORDER, 1, batch -> batch.forEach(sink));
    }

    @Override
    public final void localProcessInBatches(D payload, List<Integer> cids, Consumer<? super List<U>> sink) {
        Objects.requireNonNull(sink, "sink");
        process(payload, cids, null, Delivery.IN_ORDER, TrainerRounds.LARGEST_BATCH, sink);
    }

    @Override
    public final void localProcessInAnyOrder(D payload, List<Integer> cids, Consumer<? super List<U>> sink) {
        Objects.requireNonNull(sink, "sink");
        process(payload, cids, null, Delivery.IN_ANY_ORDER, TrainerRounds.LARGEST_BATCH, sink);
    }

    /** Runs a round. A sum is given if packages are added up where clients are trained. */
    final void process(
            D payload,
            List<Integer> cids,
            @Nullable PackageSum<U> sum,
            Delivery delivery,
            int most,
            Consumer<? super List<U>> sink) {
        RoundArguments.requireOpen(payload);
        List<Integer> checked = RoundArguments.clients(cids, algorithm.numClients());
        rounds.exclusively(() -> {
            RoundContext<C, D, U> current = rounds.context(clients.nextRound(payload, checked, sum), delivery);
            Consumer<List<U>> watched = clients.begin(current, sink);
            try {
                rounds.run(current, most, watched);
            } finally {
                clients.end(current);
            }
        });
    }

    @Override
    public final List<ClientFailedException> dropped() {
        return clients.failures().dropped();
    }

    @Override
    public final List<ClientFailedException> retried() {
        return clients.failures().retried();
    }

    @Override
    public final List<Integer> nonFinite() {
        return clients.failures().nonFinite();
    }

    @Override
    public final PhaseTimes phases() {
        return clients.phases();
    }

    @Override
    public final List<U> uplinkPackage() {
        return clients.cache().take();
    }

    // ---- work between rounds

    @Override
    public final Workers workers() {
        return workers;
    }

    @Override
    @SuppressWarnings("unchecked") // ClientTrainer does not know the type of configurations; a wrong one fails clients
    public final <E, R> List<R> evaluate(D payload, List<Integer> cids, ClientEvaluator<E, ? super D, R> evaluator) {
        RoundArguments.requireOpen(payload);
        List<Integer> checked = RoundArguments.clients(cids, algorithm.numClients());
        var function = (ClientEvaluator<C, ? super D, R>) Objects.requireNonNull(evaluator, "evaluator");
        return rounds.between(
                () -> new ClientEvaluation<>(clients.nextRound(payload, checked, null), function, options));
    }

    // ---- the end

    /** Closes the trainer, as {@link #close()}. */
    public final void shutdown() {
        close();
    }

    @Override
    public final void close() {
        rounds.lifecycle().close(this::closeAll, isWorkerThread());
    }

    private void closeAll() {
        ErrorCollector errors = new ErrorCollector();
        errors.run(this::closeWorkers);
        CudaNumerics applied = numerics;
        if (applied != null) {
            errors.run(applied::close);
        }
        if (!device().isCpu() && CudaErrors.lost() == null) {
            errors.run(CudaMemory::release);
        }
        errors.run(clients::close);
        errors.throwFirst("cannot close the trainer");
    }
}
