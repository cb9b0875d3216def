package org.blazefl4j.process;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.blazefl4j.binding.Retained;
import org.blazefl4j.core.Phase;
import org.blazefl4j.core.PhaseClock;
import org.blazefl4j.core.WorkFailedException;
import org.blazefl4j.shm.Slot;
import org.blazefl4j.util.Throwables;
import org.blazefl4j.worker.ClientJob;
import org.blazefl4j.worker.FailureDecision;
import org.blazefl4j.worker.RemoteError;
import org.blazefl4j.worker.RoundContext;
import org.blazefl4j.worker.RoundResults;
import org.blazefl4j.worker.RoundWork;
import org.bytedeco.pytorch.Tensor;

/**
 * One round of a pool: deals jobs and takes results in order. For the thread that called {@code localProcess}.
 *
 * <p>Job {@code j} has lane {@code j % lanes}. Each dealt job has a slot, so the next job to hand over has one, and
 * dealing runs ahead of hand-over by at most the number of lanes and slots. A retried job keeps both: the lane's word
 * tells attempts apart, and a lost worker can no longer write to the slot.
 *
 * @param <U> the uplink package
 */
final class PoolRound<U> implements RoundResults<U> {

    private static final int SLICE_MILLIS = 50;

    /** The jobs dealt per worker from which several are awaited together. */
    private static final int MANY_PER_WORKER = 4;

    /** The longest wait for several jobs. */
    private static final int SLICES_TOGETHER = 4;

    private final PoolParts pool;
    private final Board board;
    private final RoundContext<?, ?, U> round;
    private final RoundWork<?, ?, U> work;
    private final PhaseClock clock;
    private final RoundMessage message;
    private final Runnable whenEnded;

    /** False for shards, whose results have no tensors and need no slots. */
    private final boolean isOfClients;

    private final Outstanding[] byLane;
    private final Set<Integer> dropped = new HashSet<>();

    /** Results taken out of order. */
    private final Map<Integer, U> early = new HashMap<>();

    private int dealt;
    private int handedOver;

    /** Calls of {@link #poll} since the last {@link #await}. */
    private int batched;

    private boolean failed;
    private boolean killed;
    private boolean ended;

    /** A dealt job and what it needs to be dealt again. */
    private static final class Outstanding {
        private final Slot slot;
        private ClientJob job;
        private Object config;
        private int attempt;

        Outstanding(Slot slot) {
            this.slot = slot;
        }
    }

    /**
     * Creates a round whose message was sent.
     *
     * @param message the message to workers
     * @param whenEnded called once, when the round no longer uses the pool
     */
    PoolRound(PoolParts pool, RoundContext<?, ?, U> round, RoundMessage message, Runnable whenEnded) {
        this.pool = pool;
        this.board = pool.board();
        this.round = round;
        this.work = round.work();
        this.clock = round.clock();
        this.message = message;
        this.whenEnded = whenEnded;
        this.isOfClients = work.shardFunction() == null;
        this.byLane = new Outstanding[board.lanes()];
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalStateException if there is no slot for the client, or a worker cannot be replaced
     */
    @Override
    public U await(int index) {
        int lane = lane(index);
        handedOver = index;
        batched = 0;
        board.head(lane);
        while (settleFailures() && !isDropped(index)) {
            pool.supervisor().throwIfBroken();
            deal(index);
            U uplink = early.isEmpty() ? null : early.remove(index);
            if (uplink == null && isDone(index)) {
                uplink = take(index);
            }
            if (uplink != null) {
                handedOver = index + 1;
                return uplink;
            }
        }
        return null;
    }

    private boolean isDropped(int index) {
        return !dropped.isEmpty() && dropped.contains(index);
    }

    /** Waits for a job, up to a time limit. Returns whether it is done. */
    private boolean isDone(int index) {
        if (state(index) == Board.DONE) {
            return true;
        }
        clock.enter(Phase.TRAIN);
        int half = index + (dealt - index) / 2;
        if (mayWaitFor(half)) {
            awaitTogether(half);
        } else {
            board.await(lane(index), SLICE_MILLIS);
        }
        clock.enter(Phase.COLLECT);
        return state(index) == Board.DONE;
    }

    /**
     * Returns whether to wait for the job half-way to the last one, so that one wake-up serves several clients: if all
     * cores are busy, each wake-up takes a core from a worker and starts with cold caches. False if that job has ended,
     * or if the last job has been claimed, because workers need more.
     */
    private boolean mayWaitFor(int half) {
        boolean many = dealt - handedOver >= MANY_PER_WORKER * board.workers();
        int state = many ? state(half) : Board.FREE;
        return (state == Board.READY || state == Board.CLAIMED) && state(dealt - 1) == Board.READY;
    }

    /** Waits in slices, to check whether the round must end and whether workers still have jobs. */
    private void awaitTogether(int half) {
        for (int slice = 0; slice < SLICES_TOGETHER && mayWaitFor(half); slice++) {
            board.await(lane(half), SLICE_MILLIS);
            if (round.stopRequested() || board.failure() != Board.NOTHING) {
                return;
            }
        }
    }

    private int state(int index) {
        return Board.state(board.word(lane(index)));
    }

    /** {@inheritDoc} Deals into free slots, so that workers continue while the caller uses what it holds. */
    @Override
    public U poll(int index) {
        dealBeside(index);
        boolean another = ++batched < pool.slots().mostHeld(board.workers()) && index < dealt;
        U uplink = another && !early.isEmpty() ? early.remove(index) : null;
        if (uplink == null && another && state(index) == Board.DONE) {
            uplink = take(index);
        }
        if (uplink != null) {
            handedOver = index + 1;
        }
        return uplink;
    }

    /** Settles new failures. Returns false if the round must end now. */
    private boolean settleFailures() {
        boolean continues = !failed && !round.stopRequested();
        int lane = continues ? board.failure() : Board.NOTHING;
        while (continues && lane != Board.NOTHING) {
            settle(index(lane));
            continues = !failed && !round.stopRequested();
            lane = board.failure();
        }
        return continues;
    }

    /** Returns the outstanding job in a lane. */
    private int index(int lane) {
        return handedOver + Math.floorMod(lane - lane(handedOver), board.lanes());
    }

    private int lane(int index) {
        return index % board.lanes();
    }

    /** Deals jobs while there is room. Adds a slot if the next job to hand over has none. */
    private void deal(int head) {
        clock.enter(Phase.DEAL);
        boolean more = true;
        while (more && mayDeal(head)) {
            Slot slot = isOfClients ? pool.slots().takeBeside(dealt - head, board.workers()) : null;
            more = slot != null || !isOfClients;
            if (more) {
                deal(slot);
            }
        }
    }

    /** Deals jobs into free slots, while packages that were taken are still held. */
    private void dealBeside(int head) {
        boolean more = isOfClients && settleFailures();
        clock.enter(Phase.DEAL);
        while (more && mayDeal(head)) {
            Slot slot = pool.slots().take();
            more = slot != null;
            if (more) {
                deal(slot);
            }
        }
        clock.enter(Phase.COLLECT);
    }

    private boolean mayDeal(int head) {
        int outstanding = dealt - head;
        int most = isOfClients ? Math.min(board.lanes(), pool.slots().ahead()) : board.lanes();
        return dealt < round.size() && outstanding < most && hasRoomForState(outstanding);
    }

    private void deal(Slot slot) {
        int index = dealt++;
        Outstanding dealing = new Outstanding(slot);
        byLane[lane(index)] = dealing; // first, so that its slot is freed if user code throws
        dealing.job = work.job(index);
        dealing.config = work.config(index);
        send(index);
    }

    private boolean hasRoomForState(int outstanding) {
        return outstanding <= board.workers() || pool.states().leavesRoomFor(outstanding + 1);
    }

    private void send(int index) {
        int lane = lane(index);
        Outstanding sent = byLane[lane];
        try (JobPayload extension = extension(index)) {
            pool.channel().send(lane, sent.job, sent.slot, sent.config, extension);
        }
        board.deal(lane, message.number(), sent.attempt);
    }

    private void sendAgain(int index) {
        board.release(lane(index));
        Outstanding again = byLane[lane(index)];
        again.attempt++;
        send(index);
    }

    private JobPayload extension(int index) {
        int lane = lane(index);
        String name = byLane[lane].job.work();
        try (Tensor committed = work.state(index)) {
            if (name == null && committed == null) {
                return JobPayload.NONE;
            }
            Tensor state = committed == null ? null : pool.states().place(lane, committed);
            return new JobPayload(name, state, null);
        } catch (IllegalStateException e) {
            return new JobPayload(name, null, e.getMessage());
        }
    }

    /** Takes a result from its lane. Returns null and records a failure if it cannot be read. */
    private U take(int index) {
        int lane = lane(index);
        int worker = Board.worker(board.word(lane));
        U uplink;
        try {
            uplink = result(index, worker);
        } catch (RuntimeException | Error e) {
            String loss = pool.supervisor().awaitLoss(lane);
            String reason = loss == null
                    ? "its result cannot be read: " + Throwables.text(e)
                    : "its result was lost with its worker: " + loss;
            failed(index, work.failure(index, worker, reason, RemoteError.sound(e)), loss != null);
            return null;
        }
        free(lane);
        return uplink;
    }

    /** Decodes what the worker function returned. */
    @SuppressWarnings("unchecked")
    private U result(int index, int worker) {
        Inbox.Received received = read(lane(index), worker);
        try {
            return (U) uplink(index, received.graph());
        } catch (Throwable failure) {
            received.close();
            throw failure;
        }
    }

    private Inbox.Received read(int lane, int worker) {
        try (ResultSegments source =
                new ResultSegments(byLane[lane].slot, pool.supervisor().pid(worker))) {
            return pool.channel().result(lane, source);
        }
    }

    /** Takes state and flags of a result. Returns its package. */
    private Object uplink(int index, Object result) {
        if (!(result instanceof StatefulResult stateful)) {
            return result;
        }
        if (!stateful.finite()) {
            round.nonFinite(index);
        }
        try (Tensor bytes = stateful.state()) {
            keep(index, bytes);
        }
        return stateful.uplink();
    }

    private void keep(int index, Tensor bytes) {
        if (bytes != null) {
            pool.states().noteSize(bytes.numel());
            round.keep(index, Retained.free(bytes::clone)); // a copy, because the segment ends with its worker
        }
    }

    private void free(int lane) {
        board.release(lane);
        if (byLane[lane] != null) {
            if (isOfClients) {
                pool.slots().release(byLane[lane].slot);
            }
            pool.states().release(lane);
            byLane[lane] = null;
        }
    }

    /**
     * {@inheritDoc} Once the round is told to stop, kills workers whose clients exceed the grace time. Gives up
     * processes that the kernel does not end once close is overdue. Returns nothing the second time.
     */
    @Override
    public SortedMap<Integer, U> end() {
        SortedMap<Integer, U> packages = new TreeMap<>();
        if (ended) {
            return packages;
        }
        ended = true;
        try {
            clock.enter(Phase.TRAIN);
            awaitRunning();
            clock.enter(Phase.COLLECT);
            for (int index = handedOver; index < dealt; index++) {
                finish(index, packages);
            }
            packages.putAll(early);
            return packages;
        } finally {
            board.stop(Board.ROUND_ENDS, round.isClosed());
            whenEnded.run();
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
            while (Board.state(board.word(lane(index))) == Board.CLAIMED && !round.closeIsOverdue()) {
                if (round.stopRequested() && killAt == Long.MAX_VALUE) {
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
                String noun = byLane[lane(index)].job.noun();
                pool.supervisor().kill(Board.worker(word), "was killed because its " + noun + " did not stop in time");
            }
        }
    }

    private void finish(int index, SortedMap<Integer, U> packages) {
        int lane = lane(index);
        int state = Board.state(board.word(lane));
        if (state == Board.DONE) {
            U uplink = take(index);
            if (uplink != null) {
                packages.put(index, uplink);
            }
        } else if (state == Board.FAILED || state == Board.LOST && !killed && !round.isClosed()) {
            settle(index);
        }
        free(lane);
    }

    /** Determines why a client failed or its worker was lost, and applies the round's decision. */
    private void settle(int index) {
        long word = board.word(lane(index));
        int worker = Board.worker(word);
        if (Board.state(word) == Board.FAILED) {
            settle(index, thrown(index, worker));
        } else {
            failed(index, work.failure(index, worker, reasonOfLoss(lane(index)), null), false);
        }
    }

    private String reasonOfLoss(int lane) {
        ForbiddenWrite write = pool.supervisor().forbiddenWrite(lane);
        Outstanding lost = byLane[lane];
        return write == null
                ? pool.supervisor().loss(lane)
                : pool.channel().describe(write, lane, lost.job, lost.config, message);
    }

    /** Decides about a client that threw. Ends its worker if the client may still write to the slot. */
    private FailureDecision thrown(int index, int worker) {
        ClientError left;
        Throwable cause;
        try {
            left = read(lane(index), worker).graph(ClientError.class);
            cause = left.error().toException();
        } catch (RuntimeException | Error e) {
            endWorkerOf(index, worker);
            String reason = "its exception cannot be read: " + Throwables.text(e);
            return round.failed(index, work.failure(index, worker, reason, RemoteError.sound(e)), false);
        }
        if (left.keepsSlot()) {
            endWorkerOf(index, worker);
        }
        return round.failed(index, worker, left.error().stopped(), cause);
    }

    /**
     * Ends the worker of a failed client, which might still write to its slot, and waits for it. Takes the worker's
     * results first, because they may lie in its memory.
     */
    private void endWorkerOf(int failed, int worker) {
        for (int index = handedOver; index < dealt; index++) {
            long word = board.word(lane(index));
            U uplink = Board.state(word) == Board.DONE && Board.worker(word) == worker ? take(index) : null;
            if (uplink != null) {
                early.put(index, uplink);
            }
        }
        pool.supervisor().killWorkerOf(lane(failed), "was killed because its client kept the uplink buffer");
        while (pool.supervisor().loss(lane(failed)) == null && !round.closeIsOverdue()) {
            board.awaitAlert(SLICE_MILLIS);
        }
    }

    private void failed(int index, WorkFailedException failure, boolean finished) {
        settle(index, round.failed(index, failure, finished));
    }

    private void settle(int index, FailureDecision next) {
        if (next == FailureDecision.RETRY) {
            sendAgain(index);
            return;
        }
        if (next == FailureDecision.DROP) {
            dropped.add(index);
        }
        failed |= next == FailureDecision.END;
        free(lane(index));
    }
}
