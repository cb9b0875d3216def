package org.blazefl4j.process;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.ShardFunction;
import org.blazefl4j.process.launch.ArchiveMaker;
import org.blazefl4j.process.launch.PoolFolder;
import org.blazefl4j.process.launch.PoolSettings;
import org.blazefl4j.process.launch.WorkerClassPath;
import org.blazefl4j.process.launch.WorkerCommand;
import org.blazefl4j.shm.ResourceLimits;
import org.blazefl4j.shm.SharedMemoryMap;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.util.ErrorCollector;
import org.blazefl4j.util.RefCounted;
import org.blazefl4j.worker.PoolClassLoader;
import org.blazefl4j.worker.RoundContext;
import org.blazefl4j.worker.RoundResults;
import org.blazefl4j.worker.RoundWork;
import org.blazefl4j.worker.SlotLayout;
import org.bytedeco.pytorch.Tensor;

/**
 * A pool of worker processes and the shared memory between them and this process. No process is started in a round;
 * idle workers cost no processor time. After {@link #close()} no process, thread or descriptor is left, and no memory
 * but that of tensors the caller still holds.
 */
public final class ProcessPool implements AutoCloseable {

    private static final int LEAST_LANES = 32;
    private static final int MOST_LANES = 1024;
    private static final int LANES_PER_WORKER = 16;

    /** About as long as a wake-up takes. */
    private static final int SPINS = 1000;

    /** How long {@code close()} waits for another thread's round beyond the grace time. */
    private static final Duration LAST_TENANT = Duration.ofMillis(500);

    private final PoolSettings settings;
    private final WorkerClassPath classPath;
    private final SharedMemoryMap map = new SharedMemoryMap();
    private final SharedTensors shared = new SharedTensors(map);
    private final Deque<AutoCloseable> owned = new ArrayDeque<>();
    private final RefCounted tenancy = new RefCounted(this::free);
    private final PoolParts parts;
    private final Optional<ArchiveMaker> archiveMaker;
    private int messages;
    private volatile Thread roundThread;

    /**
     * Has the workers start and does not wait for them: rounds begin with those that are ready.
     *
     * @param worker the function that trains a client
     * @param prepared a package laid out as results are; its tensors stay the caller's
     * @param algorithm the class whose loader also finds the classes of results
     * @param stopEvent becomes visible to workers
     * @throws IllegalArgumentException if the function or the package cannot cross, a class is found nowhere, or the
     *     operating system does not allow so many workers
     * @throws IllegalStateException if there is not enough shared memory
     */
    public ProcessPool(
            PoolSettings settings,
            ClientWorker<?, ?, ?> worker,
            Object prepared,
            Class<?> algorithm,
            PoolStopEvent stopEvent) {
        this.settings = settings;
        ResourceLimits.host().requireWorkers(settings.workers());
        Class<?> implementation = WorkerFunction.implementation(worker);
        SlotLayout layout = SlotLayout.of(prepared);
        this.classPath = new WorkerClassPath(settings.classPath(), List.of(implementation, prepared.getClass()));
        owned.push(shared);
        try {
            Board board = owned(newBoard(settings.workers()));
            ClassLoader loader = new PoolClassLoader(prepared.getClass(), implementation, algorithm);
            BoardChannel channel = owned(new BoardChannel(board, classPath::check, map, loader));
            send(channel, worker, layout);
            SlotPool slots = owned(newSlots(layout));
            StateSegments states = owned(new StateSegments(board.lanes(), map));
            WorkerCommand command = new WorkerCommand(
                    WorkerMain.class, ArchiveMain.class, settings, classPath, owned(new PoolFolder()));
            List<String> arguments = WorkerMain.arguments(board, settings.heartbeat());
            tenancy.enter();
            Supervisor supervisor = new Supervisor(settings, board, command, arguments, tenancy::leave);
            parts = new PoolParts(board, channel, slots, states, supervisor, settings.grace());
            archiveMaker = command.usesArchive()
                    ? Optional.of(new ArchiveMaker(command, arguments, this::awaitReady))
                    : Optional.empty();
        } catch (Throwable failure) {
            free();
            throw failure;
        }
        stopEvent.attach(parts.board(), tenancy);
    }

    private static Board newBoard(int workers) {
        int lanes = Math.max(LEAST_LANES, Math.min(MOST_LANES, LANES_PER_WORKER * workers));
        boolean coresToSpare = Runtime.getRuntime().availableProcessors() > workers;
        return Board.create(workers, lanes, coresToSpare ? SPINS : 0);
    }

    private SlotPool newSlots(SlotLayout layout) {
        int first = settings.slots().orElse(SlotPool.slotsFor(layout.slotBytes(), settings.workers()));
        int ahead = settings.slots().orElse(SlotLayout.aheadFor(layout.slotBytes(), settings.workers()));
        return new SlotPool(layout.slotBytes(), first, ahead, settings.maxSlots(), map);
    }

    private void send(BoardChannel channel, ClientWorker<?, ?, ?> worker, SlotLayout layout) {
        try {
            channel.send(new WorkerSetup(WorkerFunction.of(worker), layout, settings.worker(), environment()));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "worker function cannot cross to worker processes: " + e.getMessage(), e);
        }
    }

    private NumericEnvironment environment() {
        try (IntraOpThreads scope = IntraOpThreads.scope(settings.worker().intraOpThreads())) {
            return NumericEnvironment.capture();
        }
    }

    /**
     * Waits until all workers are ready; an interrupt does not cut it short.
     *
     * @throws IllegalStateException if none can start, or one refuses to, with its last words, or the pool is closed
     */
    public void awaitReady() {
        if (!tenancy.enter()) {
            throw new IllegalStateException("pool is closed: it has no workers; make a new trainer");
        }
        try {
            parts.supervisor().awaitReady();
        } finally {
            tenancy.leave();
        }
    }

    private <T extends AutoCloseable> T owned(T resource) {
        owned.push(resource);
        return resource;
    }

    /**
     * Copies a tensor to shared memory, once, for all workers. Where the tensor, the returned one or a view of either
     * is in a package later, it crosses without being copied. Not during a round.
     *
     * @return the tensor in shared memory; the caller owns it
     * @throws IllegalArgumentException if the tensor cannot cross
     * @throws IllegalStateException if the pool is closed or there is not enough shared memory
     */
    public Tensor share(String name, Tensor tensor) {
        if (!tenancy.enter()) {
            throw new IllegalStateException("pool is closed: shared=" + name + "; make a new trainer");
        }
        try {
            return shared.share(name, tensor);
        } finally {
            tenancy.leave();
        }
    }

    /**
     * Copies what tensors of an object are not in shared memory yet to there, so that they cross without being copied
     * from now on. Not during a round.
     *
     * @throws IllegalArgumentException if one cannot cross
     * @throws IllegalStateException if the pool is closed or there is not enough shared memory
     */
    public void share(Object data) {
        if (!tenancy.enter()) {
            throw new IllegalStateException("pool is closed: shared=" + data + "; make a new trainer");
        }
        try {
            shared.share(TensorWalk.tensors(data));
        } finally {
            tenancy.leave();
        }
    }

    /**
     * Publishes a round. It has to be ended by {@link RoundResults#end}.
     *
     * @param <U> the uplink package
     * @throws IllegalArgumentException if the payload cannot cross
     * @throws IllegalStateException if the pool is closed or there is not enough shared memory
     */
    public <U> RoundResults<U> begin(RoundContext<?, ?, U> round) {
        RoundWork<?, ?, U> work = round.work();
        if (!tenancy.enter()) {
            throw new IllegalStateException("pool is closed: round=" + (work.round() + 1) + "; make a new trainer");
        }
        roundThread = Thread.currentThread();
        try {
            shared.forgetUnused();
            messages = messages + 1 & Integer.MAX_VALUE;
            Object function = crossing(work.shardFunction());
            RoundMessage message = new RoundMessage(messages, environment(), shared.byName(), work.payload(), function);
            parts.channel().send(message);
            return new PoolRound<>(parts, round, message, this::leave);
        } catch (Throwable failure) {
            leave();
            throw failure;
        }
    }

    private Object crossing(ShardFunction<?, ?> function) {
        if (function == null) {
            return null;
        }
        classPath.check(WorkerFunction.implementation(function));
        return WorkerFunction.of(function);
    }

    private void leave() {
        roundThread = null;
        tenancy.leave();
    }

    /** The process ids of the workers, by index; waits until each has a process, which may still be starting. */
    public List<Long> workerPids() {
        return parts.supervisor().pids();
    }

    /** The most memory that each worker has had resident, in bytes, processes that were replaced included. */
    public List<Long> peakMemory() {
        return parts.supervisor().peakMemory();
    }

    /** The size of all segments of this process, in bytes, shared tensors apart. */
    public long segmentBytes() {
        return parts.board().bytes()
                + parts.slots().bytes()
                + parts.states().bytes()
                + parts.channel().segmentBytes();
    }

    /**
     * Ends the workers, kills those that take longer than the grace time, and frees what they used. Safe to call twice,
     * from any thread and during a round, which then ends early; what the round still needs is freed when it has ended.
     */
    @Override
    public void close() {
        if (tenancy.enter()) {
            archiveMaker.ifPresent(ArchiveMaker::stop);
            parts.supervisor().close();
            archiveMaker.ifPresent(ArchiveMaker::close);
            tenancy.leave();
        }
        tenancy.close();
        if (roundThread != Thread.currentThread()) {
            tenancy.awaitFreed(LAST_TENANT);
        }
    }

    private void free() {
        ErrorCollector failures = new ErrorCollector();
        while (!owned.isEmpty()) {
            failures.run(owned.pop()::close);
        }
        failures.throwFirst("pool did not close");
    }
}
