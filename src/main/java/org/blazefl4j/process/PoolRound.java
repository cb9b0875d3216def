package org.blazefl4j.process;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.blazefl4j.binding.Retained;
import org.blazefl4j.core.Phase;
import org.blazefl4j.core.WorkFailedException;
import org.blazefl4j.util.PhaseClock;
import org.blazefl4j.util.Throwables;
import org.blazefl4j.worker.FailureDecision;
import org.blazefl4j.worker.RemoteError;
import org.blazefl4j.worker.RoundContext;
import org.blazefl4j.worker.RoundResults;
import org.blazefl4j.worker.RoundWork;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * One round of a pool: takes results in order and settles failures, while {@link DealtJobs} deals. For the thread that
 * called {@code localProcess}.
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
    private final Supervisor supervisor;
    private final RoundContext<?, ?, U> round;
    private final RoundWork<?, ?, U> work;
    private final PhaseClock<Phase> clock;
    private final Message.Round message;
    private final Runnable whenEnded;
    private final DealtJobs jobs;
    private final Set<Integer> dropped = new HashSet<>();

    /** Results taken out of order. */
    private final Map<Integer, U> early = new HashMap<>();

    /** Calls of {@link #poll} since the last {@link #await}. */
    private int batched;

    private boolean failed;
    private boolean killed;
    private boolean ended;

    /**
     * Creates a round whose message was sent.
     *
     * @param message the message to workers
     * @param whenEnded called once, when the round no longer uses the pool
     */
    PoolRound(PoolParts pool, RoundContext<?, ?, U> round, Message.Round message, Runnable whenEnded) {
        this.pool = pool;
        this.board = pool.board();
        this.supervisor = pool.supervisor();
        this.round = round;
        this.work = round.work();
        this.clock = round.clock();
        this.message = message;
        this.whenEnded = whenEnded;
        this.jobs = new DealtJobs(pool, work, message);
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalStateException if there is no slot for the client, or a worker cannot be replaced
     */
    @Override
    public @Nullable U await(int index) {
        jobs.moveHead(index);
        batched = 0;
        board.head(jobs.lane(index));
        while (settleFailures() && (dropped.isEmpty() || !dropped.contains(index))) {
            supervisor.throwIfBroken();
            clock.enter(Phase.DEAL);
            jobs.deal(true);
            U uplink = early.isEmpty() ? null : early.remove(index);
            if (uplink == null && isDone(index)) {
                uplink = take(index);
            }
            if (uplink != null) {
                jobs.moveHead(index + 1);
                return uplink;
            }
        }
        return null;
    }

    /** Waits for a job, up to a time limit. Returns whether it is done. */
    private boolean isDone(int index) {
        if (jobs.state(index) == Board.DONE) {
            return true;
        }
        clock.enter(Phase.TRAIN);
        int half = index + (jobs.end() - index) / 2;
        if (mayWaitFor(half)) {
            awaitTogether(half);
        } else {
            board.await(jobs.lane(index), SLICE_MILLIS);
        }
        clock.enter(Phase.COLLECT);
        return jobs.state(index) == Board.DONE;
    }

    /**
     * Returns whether to wait for the job half-way to the last one, so that one wake-up serves several clients: if all
     * cores are busy, each wake-up takes a core from a worker and starts with cold caches. False if that job has ended,
     * or if the last job has been claimed, because workers need more.
     */
    private boolean mayWaitFor(int half) {
        boolean many = jobs.outstanding() >= MANY_PER_WORKER * board.workers();
        int state = many ? jobs.state(half) : Board.FREE;
        return (state == Board.READY || state == Board.CLAIMED) && jobs.state(jobs.end() - 1) == Board.READY;
    }

    /** Waits in slices, to check whether the round must end and whether workers still have jobs. */
    private void awaitTogether(int half) {
        for (int slice = 0; slice < SLICES_TOGETHER && mayWaitFor(half); slice++) {
            board.await(jobs.lane(half), SLICE_MILLIS);
            if (round.stopRequested() || board.failure() != Board.NOTHING) {
                return;
            }
        }
    }

    /** {@inheritDoc} Deals into free slots, so that workers continue while the caller uses what it holds. */
    @Override
    public @Nullable U poll(int index) {
        boolean continues = settleFailures();
        clock.enter(Phase.DEAL);
        if (continues) {
            jobs.deal(false);
        }
        clock.enter(Phase.COLLECT);
        boolean another = ++batched < pool.slots().mostHeld(board.workers()) && index < jobs.end();
        U uplink = another && !early.isEmpty() ? early.remove(index) : null;
        if (uplink == null && another && jobs.state(index) == Board.DONE) {
            uplink = take(index);
        }
        if (uplink != null) {
            jobs.moveHead(index + 1);
        }
        return uplink;
    }

    /** Settles new failures. Returns false if the round must end now. */
    private boolean settleFailures() {
        while (!failed && !round.stopRequested()) {
            int lane = board.failure();
            if (lane == Board.NOTHING) {
                return true;
            }
            settle(jobs.index(lane));
        }
        return false;
    }

    // ---- results

    /** Takes a result from its lane. Returns null and records a failure if it cannot be read. */
    private @Nullable U take(int index) {
        int worker = Board.worker(jobs.word(index));
        U uplink;
        try {
            uplink = result(index, worker);
        } catch (RuntimeException | Error e) {
            Supervisor.Loss loss = supervisor.awaitLoss(jobs.lane(index));
            String reason = loss == null
                    ? "its result cannot be read: " + Throwables.text(e)
                    : "its result was lost with its worker: " + loss.reason();
            failed(index, work.failure(index, worker, reason, RemoteError.sound(e)), loss != null);
            return null;
        }
        jobs.free(index);
        return uplink;
    }

    /** Decodes what the worker function returned. */
    @SuppressWarnings("unchecked")
    private @Nullable U result(int index, int worker) {
        Inbox.Received received = read(index, worker);
        try {
            return (U) uplink(index, received.graph());
        } catch (Throwable failure) {
            received.close();
            throw failure;
        }
    }

    private Inbox.Received read(int index, int worker) {
        try (ResultSegments source = new ResultSegments(jobs.get(index).slot, supervisor.pid(worker))) {
            return pool.channel().result(jobs.lane(index), source);
        }
    }

    /** Takes state and flags of a result. Returns its package. */
    private @Nullable Object uplink(int index, @Nullable Object received) {
        if (!(received instanceof Message.Result result)) {
            return received;
        }
        if (!result.finite()) {
            round.nonFinite(index);
        }
        try (Tensor state = result.state()) {
            if (state != null) {
                pool.states().noteSize(state.numel());
                round.keep(index, Retained.free(state::clone)); // a copy, because the segment ends with its worker
            }
        }
        return result.uplink();
    }

    // ---- failures

    /** Determines why a client failed or its worker was lost, and applies the round's decision. */
    private void settle(int index) {
        long word = jobs.word(index);
        int worker = Board.worker(word);
        if (Board.state(word) == Board.FAILED) {
            settle(index, thrown(index, worker));
        } else {
            failed(index, work.failure(index, worker, reasonOfLoss(index), null), false);
        }
    }

    private @Nullable String reasonOfLoss(int index) {
        Supervisor.Loss loss = supervisor.loss(jobs.lane(index));
        if (loss == null || loss.write() == null) {
            return loss == null ? null : loss.reason();
        }
        DealtJobs.Job lost = jobs.get(index);
        return pool.channel().describe(loss.write(), jobs.lane(index), lost.client, lost.config, message);
    }

    /** Decides about a client that threw. Ends its worker if the client may still write to the slot. */
    private FailureDecision thrown(int index, int worker) {
        Message.Failure failure;
        Throwable cause;
        try {
            failure = read(index, worker).graph(Message.Failure.class);
            cause = failure.error().toException();
        } catch (RuntimeException | Error e) {
            endWorkerOf(index, worker);
            String reason = "its exception cannot be read: " + Throwables.text(e);
            return round.failed(index, work.failure(index, worker, reason, RemoteError.sound(e)), false);
        }
        if (failure.keepsSlot()) {
            endWorkerOf(index, worker);
        }
        return round.failed(index, worker, failure.error().stopped(), cause);
    }

    /**
     * Ends the worker of a failed client, which might still write to its slot, and waits for it. Takes the worker's
     * results first, because they may lie in its memory.
     */
    private void endWorkerOf(int failed, int worker) {
        for (int index = jobs.head(); index < jobs.end(); index++) {
            long word = jobs.word(index);
            U uplink = Board.state(word) == Board.DONE && Board.worker(word) == worker ? take(index) : null;
            if (uplink != null) {
                early.put(index, uplink);
            }
        }
        int lane = jobs.lane(failed);
        supervisor.killWorkerOf(lane, "was killed because its client kept the uplink buffer");
        while (supervisor.loss(lane) == null && !round.closeIsOverdue()) {
            board.awaitAlert(SLICE_MILLIS);
        }
    }

    private void failed(int index, WorkFailedException failure, boolean finished) {
        settle(index, round.failed(index, failure, finished));
    }

    private void settle(int index, FailureDecision next) {
        if (next == FailureDecision.RETRY) {
            jobs.retry(index);
            return;
        }
        if (next == FailureDecision.DROP) {
            dropped.add(index);
        }
        failed |= next == FailureDecision.END;
        jobs.free(index);
    }

    // ---- the end

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
            jobs.withdraw();
            awaitRunning();
            clock.enter(Phase.COLLECT);
            for (int index = jobs.head(); index < jobs.end(); index++) {
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
        long killAt = Long.MAX_VALUE;
        for (int index = jobs.head(); index < jobs.end(); index++) {
            while (jobs.state(index) == Board.CLAIMED && !round.closeIsOverdue()) {
                if (round.stopRequested() && killAt == Long.MAX_VALUE) {
                    board.stop(Board.ROUND_ENDS, true);
                    killAt = System.nanoTime() + pool.grace().toNanos();
                }
                if (!killed && System.nanoTime() > killAt) {
                    killRunning();
                }
                board.await(jobs.lane(index), SLICE_MILLIS);
            }
        }
    }

    private void killRunning() {
        killed = true;
        for (int index = jobs.head(); index < jobs.end(); index++) {
            long word = jobs.word(index);
            if (Board.state(word) == Board.CLAIMED) {
                String noun = jobs.get(index).client.noun();
                supervisor.kill(Board.worker(word), "was killed because its " + noun + " did not stop in time");
            }
        }
    }

    private void finish(int index, SortedMap<Integer, U> packages) {
        int state = jobs.state(index);
        if (state == Board.DONE) {
            U uplink = take(index);
            if (uplink != null) {
                packages.put(index, uplink);
            }
        } else if (state == Board.FAILED || state == Board.LOST && !killed && !round.isClosed()) {
            settle(index);
        }
        jobs.free(index);
    }
}
