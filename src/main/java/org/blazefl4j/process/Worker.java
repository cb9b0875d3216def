package org.blazefl4j.process;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.blazefl4j.binding.Native;
import org.blazefl4j.codec.PackageDecoder;
import org.blazefl4j.codec.PackageEncoder;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.cuda.CudaErrors;
import org.blazefl4j.cuda.CudaMemory;
import org.blazefl4j.cuda.CudaWarmUp;
import org.blazefl4j.cuda.IpcRefusedException;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SharedMemoryMap;
import org.blazefl4j.shm.Slot;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.util.FaultPoint;
import org.blazefl4j.worker.ClientJob;
import org.blazefl4j.worker.ClientRunner;
import org.blazefl4j.worker.ClientState;
import org.blazefl4j.worker.ClientTimeouts;
import org.blazefl4j.worker.RemoteError;
import org.blazefl4j.worker.SlotLayout;
import org.blazefl4j.worker.WorkerCall;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The main loop of a worker process: claims jobs from the board, trains their clients and commits the results, until
 * the board is shut down.
 */
final class Worker {

    /** The time without a job after which a worker returns unused memory. */
    private static final int IDLE_SLICE_MILLIS = 1000;

    /** How often a worker checks whether the parent has taken its unbounded tensors. */
    private static final int KEEPING_SLICE_MILLIS = 20;

    private static final long KEEPING_SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(KEEPING_SLICE_MILLIS);

    /** How often a worker checks whether its stopped parent continues. */
    private static final long PARENT_STOPPED_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final Board board;
    private final int index;
    private final ClassLoader loader;
    private final SlotLayout layout;
    private final List<Integer> devices;
    private final PackageDecoder decoder;
    private final SegmentCache segments;
    private final Map<String, Tensor> shared = new HashMap<>();
    private final ClientRunner runner;
    private final ClientWorker<Object, Object, Object> clients;
    private final CopyPlacer copies = new CopyPlacer(new SharedMemoryMap());
    private final Inbox roundInbox;
    private final Lane[] lanes;
    private final List<Kept> kept = new ArrayList<>();
    private Inbox.@Nullable Received round;

    /** The function of the current work between rounds, once it was called. */
    private @Nullable ClientWorker<Object, Object, Object> side;

    private @Nullable NumericEnvironment environment;
    private boolean tainted;
    private boolean trimmed;

    private record Lane(ByteBuffer header, Inbox job, Outbox result) {}

    /** Segments that the parent has yet to open, which it has done when the lane's word changes. */
    private record Kept(int lane, long word, List<Segment> segments) {}

    /**
     * Prepares a worker. The calling thread, whose intra-op threads are set, must also run its jobs.
     *
     * @throws IllegalStateException if its results would differ from the parent's
     */
    Worker(Board board, int index, Message.Setup setup, ClassLoader loader) throws ReflectiveOperationException {
        this.board = board;
        this.index = index;
        this.loader = loader;
        this.layout = setup.layout();
        this.devices = setup.settings().devices();
        this.segments = new SegmentCache(board.handle().pid());
        this.decoder = new PackageDecoder(loader);
        this.clients = WorkerFunction.find(setup.function(), loader);
        this.runner = new ClientRunner(
                index, setup.settings(), shared, board.stopEvent(), loader, ClientTimeouts.unwatched());
        this.roundInbox = new Inbox(board.roundArea(), decoder);
        PackageEncoder encoder = new PackageEncoder();
        encoder.acceptDevices(setup.deviceTensors());
        this.lanes = new Lane[board.lanes()];
        for (int lane = 0; lane < lanes.length; lane++) {
            lanes[lane] = new Lane(
                    board.jobHeader(lane),
                    new Inbox(board.jobArea(lane), decoder),
                    new Outbox(board.resultArea(lane), encoder));
        }
        applyEnvironment(setup.environment());
    }

    /**
     * Works until the board is shut down, or until a client leaves this process in an unreliable state. Then closes
     * everything, unless CUDA works no more, because tensors on a device could not be freed.
     */
    void run() {
        while (step()) {
            releaseTaken();
        }
        while (!board.isShutDown() && board.hasResultsOf(index)) {
            LockSupport.parkNanos(KEEPING_SLICE_NANOS); // results may lie in memory of this process
        }
        if (CudaErrors.lost() == null) {
            runner.close();
            endRound();
            segments.close();
        }
    }

    /** Does a job, or waits for one. Returns false if the worker must end. */
    boolean step() {
        int lane = tainted || CudaErrors.lost() != null ? Board.SHUT_DOWN : claim();
        if (lane >= 0) {
            trimmed = false;
            work(lane, board.word(lane));
        } else if (lane == Board.NOTHING && kept.isEmpty()) {
            trimMemory();
        }
        return lane != Board.SHUT_DOWN;
    }

    /** Starts CUDA on the devices that clients compute on, if there are any. */
    void warmUpDevices() {
        CudaWarmUp.run(devices);
    }

    /** Returns free memory of the Java heap, of malloc and of devices, once between two jobs. */
    private void trimMemory() {
        if (!trimmed) {
            trimmed = true;
            System.gc();
            Native.mallocTrim();
            if (!devices.isEmpty()) {
                CudaMemory.release();
            }
        }
    }

    private int claim() {
        FaultPoint.IDLE.reach();
        if (HeartbeatThread.parentIsStopped()) {
            LockSupport.parkNanos(PARENT_STOPPED_NANOS);
            return Board.NOTHING;
        }
        return board.claim(index, kept.isEmpty() ? IDLE_SLICE_MILLIS : KEEPING_SLICE_MILLIS);
    }

    private void work(int lane, long claimed) {
        FaultPoint.CLAIMED.reach(Board.attempt(claimed));
        Thread.interrupted(); // may be left over from the last client
        int state = Board.DONE;
        List<Segment> unbounded = List.of();
        try {
            beginRound(Board.message(claimed));
            unbounded = work(lanes[lane]);
        } catch (Throwable failure) {
            state = Board.FAILED;
            boolean lost = CudaErrors.lost() != null;
            String refusal = failure instanceof IpcRefusedException && !lost ? failure.getMessage() : null;
            lanes[lane].result.send(new Message.Failure(RemoteError.of(failure), tainted, lost, refusal), copies);
            if (round != null && !isRoundOpen()) {
                endRound(); // the next job reads the round's message again
            }
        }
        FaultPoint.BEFORE_DONE.reach();
        board.commit(lane, claimed, state);
        FaultPoint.AFTER_DONE.reach();
        if (!unbounded.isEmpty()) {
            kept.add(new Kept(lane, Board.committed(claimed, state), unbounded));
        }
    }

    private void beginRound(int number) {
        if (round == null || roundMessage().number() != number) {
            endRound();
            segments.nextRound();
            round = roundInbox.receive(segments);
            shared.putAll(roundMessage().shared());
        }
        applyEnvironment(roundMessage().environment());
    }

    /** Applies the parent's settings. Fails if results would differ from the parent's. */
    private void applyEnvironment(NumericEnvironment parents) {
        if (parents == environment) {
            return; // the same message, as for most clients
        }
        if (!parents.equals(environment)) {
            parents.applySettings();
            List<String> differences = parents.differences(NumericEnvironment.capture());
            if (!differences.isEmpty()) {
                throw new IllegalStateException("numeric environment differs from the parent's: "
                        + String.join("; ", differences)
                        + "; expected=no difference; give workers the parent's libraries and"
                        + " environment variables");
            }
        }
        environment = parents;
    }

    private void endRound() {
        shared.clear();
        side = null;
        if (round != null) {
            round.close();
            round = null;
        }
    }

    private Inbox.Received round() {
        return Objects.requireNonNull(round, "a round has begun");
    }

    private Message.Round roundMessage() {
        return round().graph(Message.Round.class);
    }

    /** Does a lane's job and sends its result. Returns the segments of its unbounded tensors. */
    private List<Segment> work(Lane lane) throws Exception {
        JobHeader header = JobHeader.read(lane.header);
        try (Inbox.Received received = lane.job.receive(segments)) {
            Message.Job message = Message.Job.of(received.graph());
            ClientJob job = header.job(roundMessage().side());
            FaultPoint.DECODING.reach(job.isShard() ? ~job.clientId() : job.clientId());
            if (job.isTraining()) {
                return train(lane, job, message, header.slotIn(segments), header.onDeviceIn(segments));
            }
            workBetweenRounds(lane, job, message);
            return List.of();
        }
    }

    private void workBetweenRounds(Lane lane, ClientJob job, Message.Job message) throws Exception {
        if (side == null) {
            Object function = Objects.requireNonNull(roundMessage().function(), "function");
            side = WorkerFunction.find(function, loader, job.side());
        }
        try (ClientState state = new ClientState(() -> committed(message))) {
            WorkerCall<Object, Object, Object> call =
                    new WorkerCall<>(side, job, message.config(), roundMessage().payload(), () -> null);
            runner.run(call, state, result -> lane.result.send(result, copies));
            requireRoundOpen(job);
        }
    }

    private @Nullable Segment room(Message.Job message) {
        return message.room() == null ? null : segments.openSlots(message.room());
    }

    private List<Segment> train(
            Lane lane, ClientJob job, Message.Job message, Slot slot, @Nullable DeviceUplink onDevice)
            throws Exception {
        try (ClientState state = new ClientState(() -> committed(message));
                ResultPlacer placer = new ResultPlacer(slot, onDevice, layout, room(message))) {
            WorkerCall<Object, Object, Object> call = new WorkerCall<>(
                    clients, job, message.config(), roundMessage().payload(), () -> buffer(slot, onDevice));
            runner.run(call, state, uplink -> sendResult(lane, uplink, state, refusal(onDevice), placer));
            if (isReferenced(slot, onDevice)) {
                throw new IllegalStateException("uplink buffer still in use: client=" + job.clientId()
                        + ", expected=no tensor of it in use after the worker function returns; move the model back to"
                        + " its own memory, as FlatParameters.unbind() does, and keep copies only");
            }
            requireRoundOpen(job);
            return placer.takeUnbounded();
        } catch (Throwable failure) {
            if (onDevice != null) {
                CudaErrors.note(failure);
            }
            throw failure;
        } finally {
            tainted = isReferenced(slot, onDevice);
        }
    }

    /** Creates an uplink buffer, in the host's memory if it cannot be on the client's device. */
    private Object buffer(Slot slot, @Nullable DeviceUplink onDevice) {
        Object buffer = onDevice == null ? null : onDevice.buffer(layout, decoder);
        return buffer == null ? layout.buffer(slot, decoder) : buffer;
    }

    private static boolean isReferenced(Slot slot, @Nullable DeviceUplink onDevice) {
        return slot.isReferenced() || onDevice != null && onDevice.isReferenced();
    }

    private static @Nullable String refusal(@Nullable DeviceUplink onDevice) {
        return onDevice == null ? null : onDevice.refusal();
    }

    private static @Nullable Tensor committed(Message.Job message) {
        if (message.stateFailure() != null) {
            throw new IllegalStateException(message.stateFailure());
        }
        return message.state();
    }

    private static void sendResult(
            Lane lane, Object uplink, ClientState state, @Nullable String refusal, ResultPlacer placer) {
        boolean plain = state.kept() == null && state.isFinite() && refusal == null;
        Message.Result result = plain ? null : new Message.Result(uplink, state.kept(), state.isFinite(), refusal);
        placer.expect(result);
        lane.result.send(plain ? uplink : result, placer);
    }

    /** Checks that a client left the round's tensors open. Otherwise the next client would be blamed. */
    private void requireRoundOpen(ClientJob job) {
        if (!isRoundOpen()) {
            String path = TensorWalk.tensors(round().graph()).stream()
                    .filter(found -> found.tensor().isNull())
                    .findFirst()
                    .map(TensorWalk.Found::path)
                    .orElse("unknown");
            throw new IllegalStateException(job.noun() + " closed what others read: " + job.noun() + "="
                    + job.clientId() + ", tensor=" + path + "; leave it open, it is closed after the round");
        }
    }

    private boolean isRoundOpen() {
        for (Tensor tensor : round().tensors()) {
            if (tensor.isNull()) {
                return false;
            }
        }
        return true;
    }

    private void releaseTaken() {
        kept.removeIf(item -> {
            boolean taken = board.word(item.lane()) != item.word();
            if (taken) {
                item.segments().forEach(Segment::close);
            }
            return taken;
        });
    }
}
