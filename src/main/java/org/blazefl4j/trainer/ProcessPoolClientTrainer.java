package org.blazefl4j.trainer;

import java.util.List;
import java.util.Optional;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.PeakMemory;
import org.blazefl4j.process.PoolStopEvent;
import org.blazefl4j.process.ProcessPool;
import org.blazefl4j.process.launch.PoolSettings;
import org.blazefl4j.process.launch.ResidentMemory;
import org.blazefl4j.worker.RoundContext;
import org.blazefl4j.worker.RoundResults;
import org.bytedeco.pytorch.Tensor;

/**
 * Trains clients in worker processes that exchange tensors with this one through shared memory. The processes are
 * started once, when the trainer is made, and live as long as the trainer; a lost one is replaced. The constructor does
 * not wait for them: a round begins with those that are ready, and the others join it.
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
 * <p>The tensors of a result lie in shared memory, which is used again when the last of them is closed. If the caller
 * keeps packages the memory grows, up to {@link TrainerOptions#maxSlots()} results; then rounds fail with {@code no
 * free slot: held=..., limit=...}. Close what is done with, or keep clones.
 *
 * <p>Where many more clients are ready to be trained than there are workers, results of small models are handed over
 * several at a time, each a fifth of a second after it was done at the latest: one that was waited for alone takes a
 * worker's core.
 *
 * <p>Each worker leads a process group of its own, and takes no notice of SIGHUP, SIGINT and SIGTERM, which are left to
 * this process. What clients have started there ends with their worker.
 *
 * @param <C> the client's configuration
 * @param <D> the downlink package
 * @param <U> the uplink package
 */
public class ProcessPoolClientTrainer<C, D, U> extends AbstractClientTrainer<C, D, U> {

    private final ProcessPool pool;

    /**
     * Has the workers start, with the default {@link ProcessOptions}. One that cannot start is reported by
     * {@link #awaitReady} and by the first round.
     *
     * @param algorithm the client side of the algorithm
     * @param options how clients are run
     * @throws IllegalArgumentException if the device is a CUDA device that there is not, the worker function cannot
     *     cross, a class it needs has no place that workers could load it from, or the operating system does not allow
     *     so many workers
     * @throws IllegalStateException if shared memory is too small
     */
    public ProcessPoolClientTrainer(ClientAlgorithm<C, D, U> algorithm, TrainerOptions options) {
        this(algorithm, options, ProcessOptions.defaults());
    }

    /**
     * Has the workers start. One that cannot start is reported by {@link #awaitReady} and by the first round.
     *
     * @param algorithm the client side of the algorithm
     * @param options how clients are run
     * @param processOptions how workers are started and watched
     * @throws IllegalArgumentException if the device is a CUDA device that there is not, the worker function cannot
     *     cross, a class it needs has no place that workers could load it from, or the operating system does not allow
     *     so many workers
     * @throws IllegalStateException if shared memory is too small
     */
    @SuppressWarnings("this-escape") // all that is called is final
    public ProcessPoolClientTrainer(
            ClientAlgorithm<C, D, U> algorithm, TrainerOptions options, ProcessOptions processOptions) {
        this(algorithm, options, processOptions, new PoolStopEvent());
    }

    private ProcessPoolClientTrainer(
            ClientAlgorithm<C, D, U> algorithm,
            TrainerOptions options,
            ProcessOptions processOptions,
            PoolStopEvent stopEvent) {
        super(algorithm, options, stopEvent, false);
        U prepared = algorithm.prepareUplinkPackageBuffer();
        try {
            pool = new ProcessPool(settings(processOptions), worker(), prepared, algorithm.getClass(), stopEvent);
        } finally {
            TensorWalk.closeAll(prepared);
        }
        shareDeclared();
    }

    private PoolSettings settings(ProcessOptions process) {
        return new PoolSettings(
                options().numParallels(),
                workerSettings(),
                options().slotsIfSet(),
                options().maxSlots(),
                process.workerClassPath(),
                process.jvmArguments(),
                process.environment(),
                process.inheritJavaOptions(),
                process.heartbeat(),
                options().grace(),
                process.classDataArchive() ? Optional.of(process.cacheFolder()) : Optional.empty(),
                process.crashFolder(),
                (line, worker) -> process.output().line(worker, line));
    }

    /**
     * Waits until all workers are ready: their classes and libraries loaded, their kernels run once. Nobody needs to;
     * measurements do. An interrupt does not cut it short. A worker that fails to start three times in a row is given
     * up, with a warning, as long as there are others.
     *
     * @throws IllegalStateException if no worker starts, or one refuses to work, with its last words, or the trainer is
     *     closed
     */
    @Override
    public final void awaitReady() {
        pool.awaitReady();
    }

    /**
     * The process ids of the workers, by index; they change when a lost worker is replaced. Waits until each has a
     * process, which may still be starting; that of a worker that was given up has ended.
     */
    public final List<Long> workerPids() {
        return pool.workerPids();
    }

    /** Of workers that ended, also for good, what was seen up to half a second before. */
    @Override
    public final PeakMemory peakMemory() {
        return new PeakMemory(ResidentMemory.peak(), pool.peakMemory());
    }

    /** The shared memory that is used for packages and for dealing jobs, in bytes, shared tensors apart. */
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
