package org.blazefl4j.process;

import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.blazefl4j.binding.Retained;
import org.blazefl4j.core.PhaseTimes.Phase;
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
 * One round of a pool: takes results and settles failures, while {@link DealtJobs} deals. For the thread that called
 * {@code localProcess}.
 *
 * @param <U> the uplink package
 */
final class PoolRound<U> implements RoundResults<U> {

    private static final int SLICE_MILLIS = 50;

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

    /** The positions of dropped clients that were not passed yet. */
    private final NavigableSet<Integer> dropped = new TreeSet<>();

    /** Results taken before their turn, by position. */
    private final NavigableMap<Integer, U> early = new TreeMap<>();

    private int position = NONE;

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
    public @Nullable U await() {
        batched = 0;
        while (settleFailures()) {
            if (isTurnOf(dropped)) {
                position = dropped.pollFirst();
                jobs.pass();
                return null;
            }
            supervisor.throwIfBroken();
            clock.enter(Phase.DEAL);
            jobs.deal(true);
            U uplink = next(true);
            if (uplink != null) {
                return uplink;
            }
        }
        position = NONE;
        return null;
    }

    /** Returns whether the first of some positions, which were not passed, may be passed now. */
    private boolean isTurnOf(NavigableSet<Integer> positions) {
        return !positions.isEmpty() && (round.inAnyOrder() || positions.first() == jobs.passed());
    }

    /** Takes the next result, if it is there, and passes its job. */
    private @Nullable U next(boolean waits) {
        U uplink = null;
        if (isTurnOf(early.navigableKeySet())) {
            position = early.firstKey();
            uplink = early.remove(position);
        } else {
            int lane = waits ? awaitDone() : done();
            if (lane != Board.NOTHING) {
                position = jobs.get(lane).index;
                uplink = take(lane);
            }
        }
        if (uplink != null) {
            jobs.pass();
        }
        return uplink;
    }

    /** Returns the lane of a job that is done and may be passed now. */
    private int done() {
        if (round.inAnyOrder()) {
            return board.awaitAny(0);
        }
        int lane = jobs.nextLane();
        return jobs.outstanding() > 0 && jobs.state(lane) == Board.DONE ? lane : Board.NOTHING;
    }

    /** Waits for such a job, up to a time limit. */
    private int awaitDone() {
        int lane = done();
        if (lane != Board.NOTHING) {
            return lane;
        }
        clock.enter(Phase.TRAIN);
        int half = jobs.halfWay();
        if (half != Board.NOTHING) {
            awaitTogether(half);
        } else if (round.inAnyOrder()) {
            board.awaitAny(SLICE_MILLIS);
        } else {
            board.await(jobs.nextLane(), SLICE_MILLIS);
        }
        clock.enter(Phase.COLLECT);
        return done();
    }

    /** Waits in slices, to check whether the round must end and whether workers still have jobs. */
    private void awaitTogether(int half) {
        int lane = half;
        for (int slice = 0; slice < SLICES_TOGETHER && lane != Board.NOTHING; slice++) {
            board.await(lane, SLICE_MILLIS);
            if (round.stopRequested() || board.failure() != Board.NOTHING) {
                return;
            }
            lane = jobs.halfWay();
        }
    }

    /** {@inheritDoc} Deals into free slots, so that workers continue while the caller uses what it holds. */
    @Override
    public @Nullable U poll() {
        boolean continues = settleFailures();
        clock.enter(Phase.DEAL);
        if (continues) {
            jobs.deal(false);
        }
        clock.enter(Phase.COLLECT);
        return ++batched < pool.slots().mostHeld(board.workers()) ? next(false) : null;
    }

    @Override
    public int position() {
        return position;
    }

    /** Settles new failures. Returns false if the round must end now. */
    private boolean settleFailures() {
        while (!failed && !round.stopRequested()) {
            int lane = board.failure();
            if (lane == Board.NOTHING) {
                return true;
            }
            settle(lane);
        }
        return false;
    }

    // ---- results

    /** Takes a result from its lane. Returns null and records a failure if it cannot be read. */
    private @Nullable U take(int lane) {
        int index = jobs.get(lane).index;
        int worker = Board.worker(board.word(lane));
        U uplink;
        try {
            uplink = result(lane, worker);
        } catch (RuntimeException | Error e) {
            Supervisor.Loss loss = supervisor.awaitLoss(lane);
            String reason = loss == null
                    ? "its result cannot be read: " + Throwables.text(e)
                    : "its result was lost with its worker: " + loss.reason();
            failed(lane, work.failure(index, worker, reason, RemoteError.sound(e)), loss != null);
            return null;
        }
        jobs.free(lane);
        return uplink;
    }

    /** Decodes what the worker function returned. */
    @SuppressWarnings("unchecked")
    private @Nullable U result(int lane, int worker) {
        Inbox.Received received = read(lane, worker);
        try {
            return (U) uplink(jobs.get(lane).index, received.graph());
        } catch (Throwable failure) {
            received.close();
            throw failure;
        }
    }

    private Inbox.Received read(int lane, int worker) {
        DealtJobs.Job job = jobs.get(lane);
        try (ResultSegments source =
                new ResultSegments(job.slot, job.onDevice(), pool.states().of(lane), supervisor.pid(worker))) {
            return pool.channel().result(lane, source);
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
        if (result.refusal() != null) {
            pool.devices().refuse(result.refusal());
        }
        try (Tensor state = result.state()) {
            if (state != null) {
                pool.states().noteSize(state.numel());
                round.keep(
                        index, Retained.free(state::clone)); // a copy: its segment is reused, or ends with its worker
            }
        }
        return result.uplink();
    }

    // ---- failures

    /** Determines why a client failed or its worker was lost, and applies the round's decision. */
    private void settle(int lane) {
        long word = board.word(lane);
        int worker = Board.worker(word);
        if (Board.state(word) == Board.FAILED) {
            settle(lane, thrown(lane, worker));
        } else {
            failed(lane, work.failure(jobs.get(lane).index, worker, reasonOfLoss(lane), null), false);
        }
    }

    private @Nullable String reasonOfLoss(int lane) {
        Supervisor.Loss loss = supervisor.loss(lane);
        if (loss == null || loss.write() == null) {
            return loss == null ? null : loss.reason();
        }
        DealtJobs.Job lost = jobs.get(lane);
        return pool.channel().describe(loss.write(), lane, lost.client, lost.config, message);
    }

    /** Decides about a client that threw. Ends its worker if the client may still write to the slot. */
    private FailureDecision thrown(int lane, int worker) {
        int index = jobs.get(lane).index;
        Message.Failure failure;
        Throwable cause;
        try {
            failure = read(lane, worker).graph(Message.Failure.class);
            cause = failure.error().toException();
        } catch (RuntimeException | Error e) {
            endWorkerOf(lane, worker);
            String reason = "its exception cannot be read: " + Throwables.text(e);
            return round.failed(index, work.failure(index, worker, reason, RemoteError.sound(e)), false);
        }
        if (failure.refusal() != null) {
            pool.devices().refuse(failure.refusal()); // so that the next round does without
        }
        if (failure.lostDevice()) {
            jobs.get(lane).abandonDevice();
        }
        if (failure.keepsSlot()) {
            endWorkerOf(lane, worker);
        }
        return round.failed(index, worker, failure.error().stopped(), cause);
    }

    /**
     * Ends the worker of a failed client, which might still write to its slot, and waits for it. Takes the worker's
     * results first, because they may lie in its memory.
     */
    private void endWorkerOf(int failed, int worker) {
        jobs.get(failed).abandonDevice();
        for (int lane : jobs.lanes()) {
            long word = board.word(lane);
            if (Board.state(word) == Board.DONE && Board.worker(word) == worker) {
                int index = jobs.get(lane).index;
                U uplink = take(lane);
                if (uplink != null) {
                    early.put(index, uplink);
                }
            }
        }
        supervisor.killWorkerOf(failed, "was killed because its client kept the uplink buffer");
        while (supervisor.loss(failed) == null && !round.closeIsOverdue()) {
            board.awaitAlert(SLICE_MILLIS);
        }
    }

    private void failed(int lane, WorkFailedException failure, boolean finished) {
        settle(lane, round.failed(jobs.get(lane).index, failure, finished));
    }

    private void settle(int lane, FailureDecision next) {
        if (next == FailureDecision.RETRY) {
            jobs.retry(lane);
            return;
        }
        if (next == FailureDecision.DROP) {
            dropped.add(jobs.get(lane).index);
        }
        failed |= next == FailureDecision.END;
        jobs.free(lane);
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
            for (int lane : jobs.lanes()) {
                finish(lane, packages);
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
        for (int lane : jobs.lanes()) {
            while (jobs.state(lane) == Board.CLAIMED && !round.closeIsOverdue()) {
                if (round.stopRequested() && killAt == Long.MAX_VALUE) {
                    board.stop(Board.ROUND_ENDS, true);
                    killAt = System.nanoTime() + pool.grace().toNanos();
                }
                if (!killed && System.nanoTime() > killAt) {
                    killRunning();
                }
                board.await(lane, SLICE_MILLIS);
            }
        }
    }

    private void killRunning() {
        killed = true;
        for (int lane : jobs.lanes()) {
            long word = board.word(lane);
            if (Board.state(word) == Board.CLAIMED) {
                String noun = jobs.get(lane).client.noun();
                supervisor.kill(Board.worker(word), "was killed because its " + noun + " did not stop in time");
            }
        }
    }

    private void finish(int lane, SortedMap<Integer, U> packages) {
        int state = jobs.state(lane);
        if (state == Board.DONE) {
            int index = jobs.get(lane).index;
            U uplink = take(lane);
            if (uplink != null) {
                packages.put(index, uplink);
            }
        } else if (state == Board.FAILED || state == Board.LOST && !killed && !round.isClosed()) {
            settle(lane);
        }
        jobs.free(lane);
    }
}
