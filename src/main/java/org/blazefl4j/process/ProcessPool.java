package org.blazefl4j.process;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.shm.PackageDecoder;
import org.blazefl4j.shm.PackageEncoder;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.TensorLayout;
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

    private static final Duration LAST_TENANT = Duration.ofSeconds(1);

    private final PoolSettings settings;
    private final SharedMemoryMap map = new SharedMemoryMap();
    private final CopyPlacement copies = new CopyPlacement(map);
    private final PackageEncoder encoder = new PackageEncoder();
    private final Map<String, Tensor> shared = new LinkedHashMap<>();
    private final List<Segment> sharedSegments = new ArrayList<>();
    private final Set<Class<?>> checkedClasses = Collections.newSetFromMap(new java.util.WeakHashMap<>());
    private final Tenancy tenancy = new Tenancy(this::free);
    private final WorkerClassPath classPath;
    private final SlotPool slots;
    private final Board board;
    private final Outbox setupOutbox;
    private final Outbox roundOutbox;
    private final Outbox[] jobOutboxes;
    private final Inbox[] resultInboxes;
    private final PoolFolder folder;
    private final Supervisor supervisor;
    private volatile Thread roundThread;

    /**
     * Starts the workers and waits until they are ready.
     *
     * @param worker the function that trains a client
     * @param prepared a package laid out as results are; its tensors stay the caller's
     * @param algorithm the class whose loader also finds the classes of results
     * @param stopEvent becomes visible to workers
     * @throws IllegalArgumentException if the function or the package cannot cross, or a class is found nowhere
     * @throws IllegalStateException if a worker cannot start, or there is not enough shared memory
     */
    public ProcessPool(
            PoolSettings settings,
            ClientWorker<?, ?, ?> worker,
            Object prepared,
            Class<?> algorithm,
            PoolStopEvent stopEvent) {
        this.settings = settings;
        Class<?> implementation = WorkerFunction.implementation(worker);
        this.classPath = new WorkerClassPath(settings.classPath(), List.of(implementation, prepared.getClass()));
        SlotLayout layout = SlotLayout.of(prepared);
        int lanes = Math.max(LEAST_LANES, Math.min(MOST_LANES, LANES_PER_WORKER * settings.workers()));
        boolean coresToSpare = Runtime.getRuntime().availableProcessors() > settings.workers();
        this.board = Board.create(settings.workers(), lanes, coresToSpare ? SPINS : 0);
        this.setupOutbox = new Outbox(board.setupArea(), encoder);
        this.roundOutbox = new Outbox(board.roundArea(), encoder);
        this.jobOutboxes = new Outbox[lanes];
        this.resultInboxes = new Inbox[lanes];
        PackageDecoder decoder =
                new PackageDecoder(new PoolClassLoader(prepared.getClass(), implementation, algorithm));
        for (int lane = 0; lane < lanes; lane++) {
            jobOutboxes[lane] = new Outbox(board.jobArea(lane), encoder);
            resultInboxes[lane] = new Inbox(board.resultArea(lane), decoder);
        }
        setupOutbox.send(new WorkerSetup(WorkerFunction.of(worker), layout, settings.worker()), copies);
        int first = settings.slots().orElse(SlotPool.slotsFor(layout.slotBytes(), settings.workers()));
        this.slots = new SlotPool(layout.slotBytes(), first, settings.maxSlots(), map);
        this.folder = new PoolFolder();
        WorkerCommand command = new WorkerCommand(settings, classPath, folder);
        this.supervisor = new Supervisor(settings, board, command, WorkerMain.arguments(board, settings.heartbeat()));
        stopEvent.attach(board, tenancy);
        try {
            supervisor.awaitReady();
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Copies a tensor to shared memory, once, for all workers. Wherever the tensor, the returned one or a view of
     * either then is in a package, it crosses without being copied. Not during a round.
     *
     * @return the tensor in shared memory; the caller owns it
     */
    public Tensor share(String name, Tensor tensor) {
        TensorLayout layout = TensorLayout.of(tensor);
        Segment segment = Segment.create(Math.max(1, layout.bytes()));
        sharedSegments.add(segment);
        TensorMemory.copy(tensor, layout, segment, 0);
        map.add(segment);
        Tensor copy = segment.tensor(0, layout.dtype(), layout.sizes(), layout.strides());
        shared.put(name, copy);
        return copy;
    }

    /**
     * Publishes a round. It has to be ended by {@link PoolRound#end}.
     *
     * @throws IllegalArgumentException if the payload cannot cross
     * @throws IllegalStateException if the pool is closed or there is not enough shared memory
     */
    public PoolRound begin(RoundJobs jobs, Object payload) {
        if (!tenancy.enter()) {
            throw new IllegalStateException("pool is closed: round=" + jobs.number() + "; make a new trainer");
        }
        roundThread = Thread.currentThread();
        try {
            checkClass(payload);
            roundOutbox.send(new RoundMessage(jobs.number(), shared, payload), copies);
            return new PoolRound(this, board, jobs);
        } catch (RuntimeException | Error e) {
            leave();
            throw e;
        }
    }

    void leave() {
        roundThread = null;
        tenancy.leave();
    }

    /** Checks that the workers will find the object's class. */
    void checkClass(Object object) {
        if (object != null && checkedClasses.add(object.getClass())) {
            classPath.check(object.getClass());
        }
    }

    Supervisor supervisor() {
        return supervisor;
    }

    SlotPool slots() {
        return slots;
    }

    CopyPlacement copies() {
        return copies;
    }

    Outbox jobOutbox(int lane) {
        return jobOutboxes[lane];
    }

    Inbox resultInbox(int lane) {
        return resultInboxes[lane];
    }

    Duration grace() {
        return settings.grace();
    }

    long pid(int worker) {
        return supervisor.pids().get(worker);
    }

    boolean isClosed() {
        return tenancy.isClosed();
    }

    /** The process ids of the workers, by index. */
    public List<Long> workerPids() {
        return supervisor.pids();
    }

    /** The size of all segments of this process, in bytes, apart from {@link #sharedBytes()}. */
    public long segmentBytes() {
        long bytes = board.bytes() + slots.bytes() + setupOutbox.segmentBytes() + roundOutbox.segmentBytes();
        for (Outbox outbox : jobOutboxes) {
            bytes += outbox.segmentBytes();
        }
        return bytes;
    }

    /** The size of what was shared by name, in bytes. */
    public long sharedBytes() {
        return sharedSegments.stream().mapToLong(Segment::bytes).sum();
    }

    /**
     * Ends the workers, kills those that take longer than the grace time, and frees what they used. Safe to call twice,
     * from any thread and during a round, which then ends early; what the round still needs is freed when it has ended.
     */
    @Override
    public void close() {
        supervisor.close();
        tenancy.close();
        if (roundThread != Thread.currentThread()) {
            tenancy.awaitFreed(LAST_TENANT);
        }
    }

    private void free() {
        folder.close();
        slots.close();
        setupOutbox.close();
        roundOutbox.close();
        for (Outbox outbox : jobOutboxes) {
            outbox.close();
        }
        sharedSegments.forEach(Segment::close);
        board.close();
    }
}
