package org.blazefl4j.process;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.core.ClientFailedException;
import org.bytedeco.pytorch.Tensor;

/**
 * One round of a pool: deals jobs, takes results in order. Used by the thread that called {@code localProcess}.
 *
 * <p>Job {@code j} has lane {@code j % lanes}. Each dealt job has a slot, so the next one to be handed over always has
 * one, and dealing is never further ahead of hand-over than there are lanes and slots.
 */
public final class PoolRound {

    private static final int SLICE_MILLIS = 50;

    private final ProcessPool pool;
    private final Board board;
    private final RoundJobs jobs;
    private final int message;
    private final Slot[] slots;
    private int dealt;
    private int handedOver;
    private ClientFailedException failure;
    private boolean killed;
    private boolean ended;

    /**
     * How a round ended.
     *
     * @param packages the results that {@link #await} had not returned, in order; the caller owns them
     * @param failure the failed client that comes first, the others suppressed; null if none failed
     */
    public record Ending(List<Object> packages, ClientFailedException failure) {}

    /**
     * A round that was published.
     *
     * @param message the number of its {@link RoundMessage}
     */
    PoolRound(ProcessPool pool, Board board, RoundJobs jobs, int message) {
        this.pool = pool;
        this.board = board;
        this.jobs = jobs;
        this.message = message;
        this.slots = new Slot[board.lanes()];
    }

    /**
     * Waits for one client's result. Positions are asked for in order from 0; asking for one says that all before it
     * were handed over.
     *
     * @return the result, or null if the round is to end now
     * @throws IllegalStateException if there is no slot for the client, or a worker cannot be replaced
     */
    public Object await(int index) {
        board.head(lane(index));
        while (failure == null && board.failure() == Board.NOTHING && !jobs.stopRequested()) {
            pool.supervisor().throwIfBroken();
            deal(index);
            if (board.await(lane(index), SLICE_MILLIS) == Board.DONE) {
                return handOver(index);
            }
        }
        return null;
    }

    private int lane(int index) {
        return index % board.lanes();
    }

    private Object handOver(int index) {
        Object uplink = take(index);
        handedOver = index + 1;
        return uplink;
    }

    private void deal(int head) {
        while (dealt < jobs.size() && dealt - head < board.lanes()) {
            Slot slot = slot(dealt - head);
            if (slot == null) {
                return;
            }
            int lane = lane(dealt);
            slots[lane] = slot;
            dealt++;
            try (JobMessage job = message(dealt - 1, slot)) {
                pool.mail().send(lane, job);
            }
            pool.supervisor().forgetLoss(lane);
            board.deal(lane, message, 0);
        }
    }

    private JobMessage message(int index, Slot slot) {
        Object config = jobs.config(index);
        pool.checkClass(config);
        Tensor state = null;
        String failure = null;
        try {
            state = jobs.state(index);
        } catch (IllegalStateException e) {
            failure = e.getMessage();
        }
        return new JobMessage(jobs.job(index), slot.segment().handle(), slot.index(), config, state, failure);
    }

    /** A slot for one more job beside those that are outstanding; null if dealing has to wait for hand-over. */
    private Slot slot(int outstanding) {
        SlotPool all = pool.slots();
        Slot slot = all.take();
        if (slot == null && outstanding < Math.min(all.initial(), board.workers() + 1)) {
            slot = additional(outstanding == 0);
        }
        return slot;
    }

    /** A slot beside those that the caller still holds packages in; null if there can be none and none is needed. */
    private Slot additional(boolean needed) {
        SlotPool all = pool.slots();
        IllegalStateException noMemory = null;
        try {
            if (all.grow()) {
                return all.take();
            }
        } catch (IllegalStateException e) {
            noMemory = e;
        }
        if (needed) {
            String limit = noMemory == null ? Integer.toString(all.limit()) : noMemory.getMessage();
            throw new IllegalStateException(
                    "no free slot: held=" + all.held() + ", limit=" + limit
                            + "; close packages that were handed over or keep clones of their tensors, or raise"
                            + " TrainerOptions.maxSlots",
                    noMemory);
        }
        return null;
    }

    /** Takes a result out of its lane; null, and a failure, if it cannot be read. */
    private Object take(int index) {
        int lane = lane(index);
        long pid = pool.supervisor().pid(Board.worker(board.word(lane)));
        try (UplinkSource source = new UplinkSource(slots[lane], pid)) {
            return uplink(index, pool.mail().result(lane, source).graph());
        } catch (RuntimeException | Error e) {
            String loss = pool.supervisor().loss(lane);
            fail(
                    index,
                    loss == null ? "its result cannot be read: " + e : "its result was lost with its worker: " + loss,
                    e);
            return null;
        } finally {
            free(lane);
        }
    }

    /** Takes the state out of a result that has one. */
    private Object uplink(int index, Object result) {
        if (!(result instanceof StatefulResult stateful)) {
            return result;
        }
        try (Tensor bytes = stateful.state()) {
            jobs.keep(index, Owned.free(bytes::clone)); // the segment that they came in goes with its worker
        }
        return stateful.uplink();
    }

    private void free(int lane) {
        board.release(lane);
        if (slots[lane] != null) {
            pool.slots().release(slots[lane]);
            slots[lane] = null;
        }
    }

    /**
     * Ends the round, complete or not: deals no further client and waits for those that run. If the round was told to
     * stop, what runs longer than the grace time is killed; what the kernel does not let go of even then is given up
     * once close is overdue. The second time there is nothing more to return.
     */
    public Ending end() {
        if (ended) {
            return new Ending(List.of(), failure);
        }
        ended = true;
        try {
            awaitRunning();
            List<Object> packages = new ArrayList<>();
            for (int index = handedOver; index < dealt; index++) {
                finish(index, packages);
            }
            return new Ending(packages, failure);
        } finally {
            board.stop(Board.ROUND_ENDS, pool.isClosing());
            pool.leave();
        }
    }

    private void awaitRunning() {
        for (int index = handedOver; index < dealt; index++) {
            if (Board.state(board.word(lane(index))) == Board.READY) {
                board.release(lane(index));
            }
        }
        long killAt = Long.MAX_VALUE;
        for (int index = handedOver; index < dealt; index++) {
            while (Board.state(board.word(lane(index))) == Board.CLAIMED && !jobs.closeIsOverdue()) {
                if (jobs.stopRequested() && killAt == Long.MAX_VALUE) {
                    board.stop(Board.ROUND_ENDS, true);
                    killAt = System.nanoTime() + pool.grace().toNanos();
                }
                if (!killed && System.nanoTime() > killAt) {
                    killRunning();
                }
                board.await(lane(index), SLICE_MILLIS);
            }
        }
    }

    private void killRunning() {
        killed = true;
        for (int index = handedOver; index < dealt; index++) {
            long word = board.word(lane(index));
            if (Board.state(word) == Board.CLAIMED) {
                pool.supervisor().kill(Board.worker(word), "was killed, for its client had not stopped in time");
            }
        }
    }

    private void finish(int index, List<Object> packages) {
        int lane = lane(index);
        long word = board.word(lane);
        switch (Board.state(word)) {
            case Board.DONE -> {
                Object uplink = take(index);
                if (uplink != null) {
                    packages.add(uplink);
                }
            }
            case Board.FAILED -> {
                reportThrown(index, lane);
                free(lane);
            }
            case Board.LOST -> {
                if (!killed && !pool.isClosing()) {
                    fail(index, Board.worker(word), pool.supervisor().loss(lane), null);
                }
                free(lane);
            }
            default -> free(lane);
        }
    }

    private void reportThrown(int index, int lane) {
        int worker = Board.worker(board.word(lane));
        try (UplinkSource source =
                new UplinkSource(slots[lane], pool.supervisor().pid(worker))) {
            RemoteError error = (RemoteError) pool.mail().result(lane, source).graph();
            if (!error.stopped() || !jobs.stopRequested()) {
                fail(new ClientFailedException(jobs.job(index).clientId(), jobs.number(), worker, error.toException()));
            }
        } catch (RuntimeException | Error e) {
            fail(index, worker, "its exception cannot be read: " + e, e);
        }
    }

    private void fail(int index, String reason, Throwable cause) {
        fail(index, Board.worker(board.word(lane(index))), reason, cause);
    }

    private void fail(int index, int worker, String reason, Throwable cause) {
        fail(new ClientFailedException(jobs.job(index).clientId(), jobs.number(), worker, reason, cause));
    }

    private void fail(ClientFailedException next) {
        if (failure == null) {
            failure = next;
        } else {
            failure.addSuppressed(next);
        }
    }
}
