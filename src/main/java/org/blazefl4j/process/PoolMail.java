package org.blazefl4j.process;

import java.nio.ByteBuffer;
import org.blazefl4j.shm.PackageDecoder;
import org.blazefl4j.shm.PackageEncoder;

/** The parent's side of all messages on the board. Used by one thread at a time. */
final class PoolMail implements AutoCloseable {

    private final CopyPlacement copies;
    private final Outbox setup;
    private final Outbox round;
    private final Outbox[] jobs;
    private final ByteBuffer[] orders;
    private final Inbox[] results;

    /**
     * Opens the boxes.
     *
     * @param known which tensors need no copy
     * @param loader finds the classes of results
     */
    PoolMail(Board board, SharedMemoryMap known, ClassLoader loader) {
        PackageEncoder encoder = new PackageEncoder();
        PackageDecoder decoder = new PackageDecoder(loader);
        copies = new CopyPlacement(known);
        setup = new Outbox(board.setupArea(), encoder);
        round = new Outbox(board.roundArea(), encoder);
        jobs = new Outbox[board.lanes()];
        orders = new ByteBuffer[board.lanes()];
        results = new Inbox[board.lanes()];
        for (int lane = 0; lane < jobs.length; lane++) {
            jobs[lane] = new Outbox(board.jobArea(lane), encoder);
            orders[lane] = board.jobArea(lane).view(JobOrder.OFFSET, JobOrder.BYTES);
            results[lane] = new Inbox(board.resultArea(lane), decoder);
        }
    }

    /** What workers read when they start. */
    void send(WorkerSetup message) {
        setup.send(message, copies);
    }

    /** What workers read at their first job of a round. No job may be outstanding. */
    void send(RoundMessage message) {
        if (PayloadCheck.ON) {
            round.poison();
        }
        round.send(message, copies);
    }

    /** What the worker reads that claims the lane, which is free. */
    void send(int lane, JobOrder order, JobMessage message) {
        order.write(orders[lane].clear());
        jobs[lane].send(order.extended() ? message : message.config(), copies);
    }

    /** What the worker left that committed the lane. */
    Inbox.Received result(int lane, UplinkSource source) {
        return results[lane].receive(source);
    }

    /** The size of all segments but the board, in bytes. */
    long segmentBytes() {
        long bytes = setup.segmentBytes() + round.segmentBytes();
        for (Outbox job : jobs) {
            bytes += job.segmentBytes();
        }
        return bytes;
    }

    @Override
    public void close() {
        setup.close();
        round.close();
        for (Outbox job : jobs) {
            job.close();
        }
    }
}
