package org.blazefl4j.process;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
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
    private final Set<Class<?>> checkedClasses = Collections.newSetFromMap(new WeakHashMap<>());
    private final Deque<AutoCloseable> owned = new ArrayDeque<>();
    private final RefCounted tenancy = new RefCounted(this::free);
    private final Board board;
    private final BoardChannel mail;
    private final SlotPool slots;
    private final StateSegments states;
    private final Supervisor supervisor;
    private Class<?> lastChecked;
    private final Optional<ArchiveMaker> archiveMaker;
    private int messages;
    private volatile Thread roundThread;
    private volatile boolean closing;

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
            board = owned(newBoard(settings.workers()));
            ClassLoader loader = new PoolClassLoader(prepared.getClass(), implementation, algorithm);
            mail = owned(new BoardChannel(board, map, loader));
            send(worker, layout);
            slots = owned(newSlots(layout));
            states = owned(new StateSegments(board.lanes(), map));
            WorkerCommand command = new WorkerCommand(
                    WorkerMain.class, ArchiveMain.class, settings, classPath, owned(new PoolFolder()));
            List<String> arguments = WorkerMain.arguments(board, settings.heartbeat());
            tenancy.enter();
            supervisor = new Supervisor(settings, board, command, arguments, tenancy::leave);
            archiveMaker = command.archive().disabledReason() == null
                    ? Optional.of(new ArchiveMaker(command, arguments, this::awaitReady))
                    : Optional.empty();
        } catch (Throwable failure) {
            free();
            throw failure;
        }
        stopEvent.attach(board, tenancy);
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

    private void send(ClientWorker<?, ?, ?> worker, SlotLayout layout) {
        try {
            mail.send(new WorkerSetup(WorkerFunction.of(worker), layout, settings.worker(), environment()));
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
            supervisor.awaitReady();
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
     * Publishes a round. It has to be ended by {@link PoolRound#end}.
     *
     * @throws IllegalArgumentException if the payload cannot cross
     * @throws IllegalStateException if the pool is closed or there is not enough shared memory
     */
    public PoolRound begin(RoundJobs jobs, Object payload) {
        if (!tenancy.enter()) {
            throw new IllegalStateException("pool is closed: round=" + (jobs.number() + 1) + "; make a new trainer");
        }
        roundThread = Thread.currentThread();
        try {
            checkClass(payload);
            shared.forgetUnused();
            messages = messages + 1 & Integer.MAX_VALUE;
            Object function = crossing(jobs.shardFunction());
            RoundMessage message = new RoundMessage(messages, environment(), shared.byName(), payload, function);
            mail.send(message);
            return new PoolRound(this, board, jobs, message);
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

    /** The round is over. */
    void leave() {
        roundThread = null;
        tenancy.leave();
    }

    /** Checks that the workers will find the object's class. */
    void checkClass(Object object) {
        if (object == null || object.getClass() == lastChecked) {
            return;
        }
        if (checkedClasses.add(object.getClass())) {
            classPath.check(object.getClass());
        }
        lastChecked = object.getClass();
    }

    Supervisor supervisor() {
        return supervisor;
    }

    SlotPool slots() {
        return slots;
    }

    StateSegments states() {
        return states;
    }

    BoardChannel mail() {
        return mail;
    }

    Duration grace() {
        return settings.grace();
    }

    /** Whether the pool is being closed, or is closed. */
    boolean isClosing() {
        return closing;
    }

    /** The process ids of the workers, by index; waits until each has a process, which may still be starting. */
    public List<Long> workerPids() {
        return supervisor.pids();
    }

    /** The most memory that each worker has had resident, in bytes, processes that were replaced included. */
    public List<Long> peakMemory() {
        return supervisor.peakMemory();
    }

    /** The size of all segments of this process, in bytes, shared tensors apart. */
    public long segmentBytes() {
        return board.bytes() + slots.bytes() + states.bytes() + mail.segmentBytes();
    }

    /**
     * Ends the workers, kills those that take longer than the grace time, and frees what they used. Safe to call twice,
     * from any thread and during a round, which then ends early; what the round still needs is freed when it has ended.
     */
    @Override
    public void close() {
        closing = true;
        if (tenancy.enter()) {
            archiveMaker.ifPresent(ArchiveMaker::stop);
            supervisor.close();
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
