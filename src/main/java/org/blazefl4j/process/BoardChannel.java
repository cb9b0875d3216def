package org.blazefl4j.process;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.function.Consumer;
import org.blazefl4j.codec.PackageDecoder;
import org.blazefl4j.codec.PackageEncoder;
import org.blazefl4j.cuda.DeviceSegment;
import org.blazefl4j.cuda.DeviceSlot;
import org.blazefl4j.shm.SharedMemoryMap;
import org.blazefl4j.shm.Slot;
import org.blazefl4j.util.ResourceStack;
import org.blazefl4j.worker.ClientJob;
import org.blazefl4j.worker.PayloadCheck;
import org.jspecify.annotations.Nullable;

/** The parent's side of all messages on the board. For one thread at a time. */
final class BoardChannel implements AutoCloseable {

    private final ResourceStack outboxes = new ResourceStack();
    private final PackageEncoder encoder = new PackageEncoder();
    private final SharedMemoryMap map;
    private final CopyPlacer copies;
    private CopyPlacer roundsCopies;
    private final Consumer<Class<?>> requireClass;
    private final Set<Class<?>> checkedClasses = Collections.newSetFromMap(new WeakHashMap<>());
    private final EncodedConfigCache configCache;
    private final Outbox setup;
    private final Outbox round;
    private final Lane[] lanes;
    private @Nullable Class<?> lastChecked;

    private record Lane(ByteBuffer header, Outbox job, Inbox result) {}

    /**
     * Creates the channel of a board.
     *
     * @param requireClass checks that workers can load a class
     * @param map the tensors that need no copy
     * @param loader the loader for classes of results
     */
    BoardChannel(Board board, Consumer<Class<?>> requireClass, SharedMemoryMap map, ClassLoader loader) {
        PackageDecoder decoder = new PackageDecoder(loader);
        this.requireClass = requireClass;
        this.map = map;
        copies = new CopyPlacer(map);
        roundsCopies = copies;
        configCache = new EncodedConfigCache(map);
        setup = outboxes.add(new Outbox(board.setupArea(), encoder));
        round = outboxes.add(new Outbox(board.roundArea(), encoder));
        lanes = new Lane[board.lanes()];
        for (int lane = 0; lane < lanes.length; lane++) {
            lanes[lane] = new Lane(
                    board.jobHeader(lane),
                    outboxes.add(new Outbox(board.jobArea(lane), encoder)),
                    new Inbox(board.resultArea(lane), decoder));
        }
    }

    /** Sends what workers read when they start. */
    void send(Message.Setup message) {
        setup.send(message, copies);
    }

    /**
     * Sends what workers read at their first job of a round. No job may be outstanding.
     *
     * @param block memory for tensors on its device, which others there, too, leave through the host's; or null
     * @throws IllegalArgumentException if workers cannot load the payload's class
     */
    void send(Message.Round message, @Nullable DeviceSegment block) {
        checkClass(message.payload());
        if (PayloadCheck.ON) {
            round.poison();
        }
        roundsCopies = block == null ? copies : new PayloadPlacer(map, block);
        encoder.acceptDevices(true);
        try {
            round.send(message, roundsCopies);
        } finally {
            encoder.acceptDevices(false);
        }
    }

    /**
     * Sends a job to the worker that will claim the lane, which is free.
     *
     * @throws IllegalArgumentException if workers cannot load the configuration's class
     */
    void send(int lane, ClientJob job, @Nullable Slot slot, @Nullable DeviceSlot onDevice, Message.Job message) {
        checkClass(message.config());
        JobHeader.of(job, slot, onDevice).write(lanes[lane].header);
        if (message.isConfigOnly() && !job.isShard()) { // a shard's number would displace a client's configuration
            sendConfig(lanes[lane].job, job.clientId(), message.config());
        } else {
            lanes[lane].job.send(message, copies);
        }
    }

    private void checkClass(@Nullable Object object) {
        if (object == null || object.getClass() == lastChecked) {
            return;
        }
        if (checkedClasses.add(object.getClass())) {
            requireClass.accept(object.getClass());
        }
        lastChecked = object.getClass();
    }

    private void sendConfig(Outbox outbox, int client, @Nullable Object config) {
        byte[] message = configCache.find(client, config);
        if (message != null) {
            outbox.send(message);
            return;
        }
        outbox.send(config, copies);
        byte[] sent = encoder.wasConstant() && copies.isLasting() ? outbox.sent() : null;
        if (sent != null) {
            configCache.keep(client, config, sent);
        }
    }

    /**
     * Names the read-only tensor that a worker wrote to.
     *
     * @param lane the lane of the job
     * @param config the configuration of the job
     * @param message the round's message
     */
    String describe(
            Board.ForbiddenWrite write, int lane, ClientJob job, @Nullable Object config, Message.Round message) {
        String path = round.pathAt(write, message, roundsCopies);
        String owner = path == null ? "its data" : path.startsWith("payload") ? "the payload" : "shared data";
        if (path == null) {
            path = lanes[lane].job.pathAt(write, config, copies);
        }
        return job.noun() + " wrote to " + owner + ", which is read-only: tensor=" + (path == null ? "unknown" : path)
                + "; clone it first";
    }

    /** Returns the result in a lane that a worker committed. */
    Inbox.Received result(int lane, ResultSegments source) {
        return lanes[lane].result.receive(source);
    }

    /** Returns the size of all segments except the board, in bytes. */
    long segmentBytes() {
        long bytes = setup.segmentBytes() + round.segmentBytes();
        for (Lane lane : lanes) {
            bytes += lane.job.segmentBytes();
        }
        return bytes;
    }

    @Override
    public void close() {
        outboxes.close();
    }
}
