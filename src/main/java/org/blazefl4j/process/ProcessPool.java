package org.blazefl4j.process;

import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.process.launch.ArchiveMaker;
import org.blazefl4j.process.launch.PoolSettings;
import org.blazefl4j.process.launch.WorkerClassPath;
import org.blazefl4j.process.launch.WorkerCommand;
import org.blazefl4j.shm.ResourceLimits;
import org.blazefl4j.shm.SharedMemoryMap;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.util.RefCounted;
import org.blazefl4j.util.ResourceStack;
import org.blazefl4j.worker.PoolClassLoader;
import org.blazefl4j.worker.RoundContext;
import org.blazefl4j.worker.RoundResults;
import org.blazefl4j.worker.RoundWork;
import org.blazefl4j.worker.SlotLayout;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A pool of worker processes and the memory that they share with this process. Rounds start no processes, and idle
 * workers use no processor time. {@link #close()} frees all processes, threads, descriptors and memory, except the
 * memory of tensors that the caller still holds.
 */
public final class ProcessPool implements AutoCloseable {

    private static final int LEAST_LANES = 32;
    private static final int MOST_LANES = 1024;
    private static final int LANES_PER_WORKER = 16;

    /** Takes about as long as a wake-up. */
    private static final int SPINS = 1000;

    /** The wait of {@code close()} for another thread's round, beyond the grace time. */
    private static final Duration LAST_USER = Duration.ofMillis(500);

    private final PoolSettings settings;
    private final WorkerClassPath classPath;
    private final SharedMemoryMap map = new SharedMemoryMap();
    private final ResourceStack resources = new ResourceStack();
    private final SharedTensors shared = resources.add(new SharedTensors(map));
    private final RefCounted users = new RefCounted(resources::close);
    private final PoolParts parts;
    private final Optional<ArchiveMaker> archiveMaker;
    private int messages;
    private volatile @Nullable Thread roundThread;

    /**
     * Starts the workers, without waiting for them. Rounds begin with those that are ready.
     *
     * @param worker the function that trains a client
     * @param prepared a package with the layout of results; the caller keeps its tensors
     * @param algorithm a class whose loader can load the classes of results
     * @param stopEvent the stop event, which becomes visible to workers
     * @throws IllegalArgumentException if the function or package cannot cross, a class cannot be found, or the
     *     operating system's limits are too low for this many workers
     * @throws IllegalStateException if there is too little shared memory
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
        try {
            Board board = resources.add(newBoard(settings.workers()));
            ClassLoader loader = new PoolClassLoader(prepared.getClass(), implementation, algorithm);
            BoardChannel channel = resources.add(new BoardChannel(board, classPath::check, map, loader));
            send(channel, worker, layout);
            SlotPool slots = resources.add(newSlots(layout));
            PoolDevices devices = resources.add(new PoolDevices(
                    settings.deviceResultShare(), layout.slotBytes(), slots.initial() + settings.workers()));
            StateSegments states = resources.add(new StateSegments(board.lanes(), map));
            WorkerCommand command = resources.add(new WorkerCommand(WorkerMain.class, settings, classPath));
            List<String> arguments = WorkerMain.arguments(board, settings.heartbeat());
            users.enter();
            Supervisor supervisor =
                    new Supervisor(settings, board, command, arguments, all -> workersEnded(all, devices));
            parts = new PoolParts(board, channel, slots, devices, states, supervisor, settings.grace());
            archiveMaker = command.usesArchive()
                    ? Optional.of(new ArchiveMaker(command, WorkerMain.archiveArguments(arguments), this::awaitReady))
                    : Optional.empty();
        } catch (Throwable failure) {
            resources.close();
            throw failure;
        }
        stopEvent.attach(parts.board(), users);
    }

    /** Called once no worker runs, unless the kernel does not end one, which then still has devices' memory open. */
    private void workersEnded(boolean all, PoolDevices devices) {
        if (!all) {
            devices.abandon();
        }
        users.leave();
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
            boolean deviceTensors = settings.deviceResultShare().isPresent();
            channel.send(new Message.Setup(
                    WorkerFunction.of(worker), layout, settings.worker(), deviceTensors, environment()));
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
     * Waits until all workers are ready, ignoring interrupts.
     *
     * @throws IllegalStateException if none can start, one refuses to, or the pool is closed
     */
    public void awaitReady() {
        enter("it has no workers");
        try {
            parts.supervisor().awaitReady();
        } finally {
            users.leave();
        }
    }

    private void enter(String what) {
        if (!users.enter()) {
            throw new IllegalStateException("pool is closed: " + what + "; make a new trainer");
        }
    }

    /**
     * Copies a tensor to shared memory for all workers. If it, the copy or a view of either is in a package later, it
     * crosses without another copy. Not during a round.
     *
     * @return the copy, which the caller owns
     * @throws IllegalArgumentException if the tensor cannot cross
     * @throws IllegalStateException if the pool is closed or there is too little shared memory
     */
    public Tensor share(String name, Tensor tensor) {
        enter("shared=" + name);
        try {
            return shared.share(name, tensor);
        } finally {
            users.leave();
        }
    }

    /**
     * Copies the tensors of an object to shared memory, so that they cross without another copy. Not during a round.
     *
     * @throws IllegalArgumentException if a tensor cannot cross
     * @throws IllegalStateException if the pool is closed or there is too little shared memory
     */
    public void share(Object data) {
        enter("nothing can be shared");
        try {
            shared.share(TensorWalk.tensors(data));
        } finally {
            users.leave();
        }
    }

    /**
     * Begins a round, which {@link RoundResults#end} ends.
     *
     * @param <U> the uplink package
     * @throws IllegalArgumentException if the payload cannot cross
     * @throws IllegalStateException if the pool is closed or there is too little shared memory
     */
    public <U> RoundResults<U> begin(RoundContext<?, ?, U> round) {
        RoundWork<?, ?, U> work = round.work();
        enter("round=" + (work.round() + 1));
        roundThread = Thread.currentThread();
        try {
            shared.forgetUnused();
            messages = messages + 1 & Integer.MAX_VALUE;
            Object function = crossing(work.sideFunction());
            Message.Round message =
                    new Message.Round(messages, environment(), shared.byName(), work.payload(), work.side(), function);
            parts.channel().send(message, parts.devices().blockFor(work));
            return new PoolRound<>(parts, round, message, this::leave);
        } catch (Throwable failure) {
            leave();
            throw failure;
        }
    }

    private @Nullable Object crossing(@Nullable Serializable function) {
        if (function == null) {
            return null;
        }
        classPath.check(WorkerFunction.implementation(function));
        return WorkerFunction.of(function);
    }

    private void leave() {
        roundThread = null;
        users.leave();
    }

    /** Returns the process ids of the workers by index. Waits until all processes were started. */
    public List<Long> workerPids() {
        return parts.supervisor().pids();
    }

    /** Returns the peak resident memory of each worker in bytes, including processes that were replaced. */
    public List<Long> peakMemory() {
        return parts.supervisor().peakMemory();
    }

    /** Returns the size of all segments of this process in bytes, except shared tensors. */
    public long segmentBytes() {
        return parts.board().bytes()
                + parts.slots().bytes()
                + parts.states().bytes()
                + parts.channel().segmentBytes();
    }

    /**
     * Ends the workers, kills those that exceed the grace time, and frees all resources. Idempotent, and callable from
     * any thread, also during a round, which then ends early and frees what it used.
     */
    @Override
    public void close() {
        if (users.enter()) {
            archiveMaker.ifPresent(ArchiveMaker::stop);
            parts.supervisor().close();
            archiveMaker.ifPresent(ArchiveMaker::close);
            users.leave();
        }
        users.close();
        if (roundThread != Thread.currentThread()) {
            users.awaitFreed(LAST_USER);
        }
    }
}
