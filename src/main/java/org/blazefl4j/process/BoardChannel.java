package org.blazefl4j.process;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.function.Consumer;
import org.blazefl4j.binding.AreaLayout;
import org.blazefl4j.codec.PackageDecoder;
import org.blazefl4j.codec.PackageEncoder;
import org.blazefl4j.shm.SharedMemoryMap;
import org.blazefl4j.shm.Slot;
import org.blazefl4j.worker.ClientJob;
import org.blazefl4j.worker.PayloadCheck;

/** The parent's side of all messages on the board. Used by one thread at a time. */
final class BoardChannel implements AutoCloseable {

    private final PackageEncoder encoder = new PackageEncoder();
    private final CopyPlacement copies;
    private final Consumer<Class<?>> requireClass;
    private final Set<Class<?>> checkedClasses = Collections.newSetFromMap(new WeakHashMap<>());
    private final EncodedConfigCache known;
    private final Outbox setup;
    private final Outbox round;
    private final Outbox[] configs;
    private final Outbox[] extensions;
    private final ByteBuffer[] orders;
    private final Inbox[] results;
    private Class<?> lastChecked;

    /**
     * Opens the boxes.
     *
     * @param requireClass makes sure that workers find a class
     * @param map which tensors need no copy
     * @param loader finds the classes of results
     */
    BoardChannel(Board board, Consumer<Class<?>> requireClass, SharedMemoryMap map, ClassLoader loader) {
        PackageDecoder decoder = new PackageDecoder(loader);
        this.requireClass = requireClass;
        copies = new CopyPlacement(map);
        known = new EncodedConfigCache(map);
        setup = new Outbox(board.setupArea(), encoder);
        round = new Outbox(board.roundArea(), encoder);
        configs = new Outbox[board.lanes()];
        extensions = new Outbox[board.lanes()];
        orders = new ByteBuffer[board.lanes()];
        results = new Inbox[board.lanes()];
        for (int lane = 0; lane < configs.length; lane++) {
            configs[lane] = new Outbox(board.configArea(lane), encoder);
            extensions[lane] = new Outbox(board.extensionArea(lane), encoder);
            orders[lane] = board.configArea(lane).view(AreaLayout.JOB_OFFSET, AreaLayout.JOB_BYTES);
            results[lane] = new Inbox(board.resultArea(lane), decoder);
        }
    }

    /** What workers read when they start. */
    void send(WorkerSetup message) {
        setup.send(message, copies);
    }

    /**
     * What workers read at their first job of a round. No job may be outstanding.
     *
     * @throws IllegalArgumentException if workers would not find the payload's class
     */
    void send(RoundMessage message) {
        checkClass(message.payload());
        if (PayloadCheck.ON) {
            round.poison();
        }
        round.send(message, copies);
    }

    /**
     * What the worker reads that claims the lane, which is free.
     *
     * @throws IllegalArgumentException if workers would not find the configuration's class
     */
    void send(int lane, ClientJob job, Slot slot, Object config, JobPayload extension) {
        checkClass(config);
        boolean extended = extension != JobPayload.NONE;
        JobHeader.of(job, slot, extended).write(orders[lane]);
        if (extended) {
            extensions[lane].send(extension, copies);
        }
        if (job.isShard()) {
            configs[lane].send(config, copies);
        } else {
            sendOfClient(configs[lane], job.clientId(), config);
        }
    }

    private void checkClass(Object object) {
        if (object == null || object.getClass() == lastChecked) {
            return;
        }
        if (checkedClasses.add(object.getClass())) {
            requireClass.accept(object.getClass());
        }
        lastChecked = object.getClass();
    }

    private void sendOfClient(Outbox outbox, int client, Object config) {
        byte[] message = known.find(client, config);
        if (message != null) {
            outbox.send(message);
            return;
        }
        outbox.send(config, copies);
        if (encoder.wasConstant() && copies.isLasting()) {
            byte[] sent = outbox.sent();
            if (sent != null) {
                known.keep(client, config, sent);
            }
        }
    }

    /**
     * Says which tensor a worker wrote to that it may only read.
     *
     * @param lane the worker's
     * @param job the lane's
     * @param config the job's
     * @param message what workers were told of the round
     */
    String describe(ForbiddenWrite write, int lane, ClientJob job, Object config, RoundMessage message) {
        String path = round.pathAt(write, message, copies);
        String owner = path == null ? "its data" : path.startsWith("payload") ? "the payload" : "shared data";
        if (path == null) {
            path = configs[lane].pathAt(write, config, copies);
        }
        return job.noun() + " wrote to " + owner + ", which is read-only: tensor=" + (path == null ? "unknown" : path)
                + "; clone it first";
    }

    /** What the worker left that committed the lane. */
    Inbox.Received result(int lane, ResultSegments source) {
        return results[lane].receive(source);
    }

    /** The size of all segments but the board, in bytes. */
    long segmentBytes() {
        long bytes = setup.segmentBytes() + round.segmentBytes();
        for (int lane = 0; lane < configs.length; lane++) {
            bytes += configs[lane].segmentBytes() + extensions[lane].segmentBytes();
        }
        return bytes;
    }

    @Override
    public void close() {
        setup.close();
        round.close();
        for (int lane = 0; lane < configs.length; lane++) {
            configs[lane].close();
            extensions[lane].close();
        }
    }
}
