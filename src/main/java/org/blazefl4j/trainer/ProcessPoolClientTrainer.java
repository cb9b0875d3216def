package org.blazefl4j.trainer;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientTrainer.PeakMemory;
import org.blazefl4j.process.PoolStopEvent;
import org.blazefl4j.process.ProcessPool;
import org.blazefl4j.process.launch.PoolSettings;
import org.blazefl4j.process.launch.ResidentMemory;
import org.blazefl4j.worker.RoundContext;
import org.blazefl4j.worker.RoundResults;
import org.bytedeco.pytorch.Tensor;

/**
 * Trains clients in worker processes that exchange tensors with this process through shared memory. The processes start
 * with the trainer and live as long; a lost one is replaced. The constructor does not wait for them: a round begins
 * with those that are ready.
 *
 * <pre>{@code
 * try (var trainer = new ProcessPoolClientTrainer<>(algorithm, TrainerOptions.defaults())) {
 *     trainer.localProcess(handler.downlinkPackage(), cids, uplink -> {
 *         try (uplink) {
 *             handler.load(uplink);
 *         }
 *     });
 * }
 * }</pre>
 *
 * <p>The tensors of a result are in shared memory, which is reused when the last of them is closed. While the caller
 * keeps packages the memory grows, up to {@link TrainerOptions#maxSlots()} results; then rounds fail with {@code no
 * free slot: held=..., limit=...}. Close packages after use, or keep clones.
 *
 * <p>If many more clients than workers are ready, results of small models are handed over several at a time, at most a
 * fifth of a second after they are done, because waiting for each alone takes a worker's core.
 *
 * <p>Each worker leads its own process group and ignores SIGHUP, SIGINT and SIGTERM, which are left to this process.
 * Processes that clients start end with their worker.
 *
 * @param <C> the client's configuration
 * @param <D> the downlink package
 * @param <U> the uplink package
 */
public class ProcessPoolClientTrainer<C, D, U> extends AbstractClientTrainer<C, D, U> {

    private final ProcessPool pool;

    /** Starts the workers with the default {@link ProcessOptions}. */
    public ProcessPoolClientTrainer(ClientAlgorithm<C, D, U> algorithm, TrainerOptions options) {
        this(algorithm, options, ProcessOptions.defaults());
    }

    /**
     * Starts the workers. Failures to start are reported by {@link #awaitReady} and by the first round.
     *
     * @throws IllegalArgumentException if the CUDA device does not exist, the worker function cannot cross, a class
     *     that it needs has no location that workers can load it from, or the operating system does not allow so many
     *     workers
     * @throws IllegalStateException if shared memory is too small
     */
    public ProcessPoolClientTrainer(
            ClientAlgorithm<C, D, U> algorithm, TrainerOptions options, ProcessOptions processOptions) {
        this(algorithm, options, processOptions, new PoolStopEvent());
    }

    @SuppressWarnings("this-escape") // all that is called is final
    private ProcessPoolClientTrainer(
            ClientAlgorithm<C, D, U> algorithm,
            TrainerOptions options,
            ProcessOptions processOptions,
            PoolStopEvent stopEvent) {
        super(algorithm, options, stopEvent, false);
        U prepared = algorithm.prepareUplinkPackageBuffer();
        try {
            OptionalDouble share = algorithm.acceptsDeviceTensors()
                    ? OptionalDouble.of(options.deviceResultShare())
                    : OptionalDouble.empty();
            pool = new ProcessPool(
                    settings(processOptions, share), worker(), prepared, algorithm.getClass(), stopEvent);
        } finally {
            TensorWalk.closeAll(prepared);
        }
        shareDeclared();
    }

    private PoolSettings settings(ProcessOptions process, OptionalDouble deviceResultShare) {
        return new PoolSettings(
                options().numParallels(),
                workerSettings(),
                options().slotsIfSet(),
                options().maxSlots(),
                deviceResultShare,
                process.workerClassPath(),
                process.jvmArguments(),
                process.environment(),
                process.inheritJavaOptions(),
                process.heartbeat(),
                options().grace(),
                process.classDataArchive() ? Optional.of(process.cacheFolder()) : Optional.empty(),
                process.crashFolder(),
                (line, worker) -> process.output().accept(worker, line));
    }

    /**
     * Waits until all workers are ready: classes and libraries loaded, kernels run once. Only measurements need this.
     * Ignores interrupts. A worker that fails to start three times in a row is given up, with a warning, if there are
     * others.
     *
     * @throws IllegalStateException if no worker starts, or one refuses to work, with its last words, or the trainer is
     *     closed
     */
    @Override
    public final void awaitReady() {
        pool.awaitReady();
    }

    /**
     * Returns the process ids of the workers, by index. They change when a worker is replaced. Waits until each worker
     * has a process, which may not be ready yet; the process of a worker that was given up has ended.
     */
    public final List<Long> workerPids() {
        return pool.workerPids();
    }

    /** Returns, for ended workers, what was measured up to half a second before their end. */
    @Override
    public final PeakMemory peakMemory() {
        return new PeakMemory(ResidentMemory.peak(), pool.peakMemory());
    }

    /** Returns the bytes of shared memory for packages and the job board, without shared tensors. */
    public final long segmentBytes() {
        return pool.segmentBytes();
    }

    @Override
    Tensor toShare(String name, Tensor tensor) {
        return pool.share(name, tensor);
    }

    @Override
    void toShare(Object data) {
        pool.share(data);
    }

    @Override
    <E, F, W> RoundResults<W> dispatch(RoundContext<E, F, W> context) {
        return pool.begin(context);
    }

    @Override
    void closeWorkers() {
        try {
            pool.close();
        } finally {
            freeShared();
        }
    }
}
