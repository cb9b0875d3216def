package org.blazefl4j.trainer;

import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.worker.ClientRunner;
import org.blazefl4j.worker.LocalJob;
import org.blazefl4j.worker.RoundContext;
import org.blazefl4j.worker.RoundResults;
import org.blazefl4j.worker.UserCodeScope;
import org.jspecify.annotations.Nullable;

/**
 * One round in threads. Workers claim clients in the order of the list; the calling thread takes their packages, each
 * at its turn, and then deals further clients. Turns are positions in the list or, in any order, counted as clients
 * end. Nobody takes a lock: a worker waits only if there is nothing to claim, the caller only if there is nothing to
 * take.
 */
final class ThreadRound<U> implements WorkerThreads.Work, RoundResults<U> {

    /**
     * The longest sleep of the caller, which is the resolution of a progress bar. Packages are not urgent, so workers
     * wake the caller not for each one but when they run out of work or, when streaming, well before.
     */
    private static final long SLICE = TimeUnit.MILLISECONDS.toNanos(20);

    private final WorkerThreads workers;
    private final RoundContext<?, ?, U> round;
    private final int window;
    private final LocalJob<U>[] jobs;

    /** By turn, the position of the client, counted from 1; 0 as long as it is open. Null in list order. */
    private final @Nullable AtomicIntegerArray arrivals;

    private final AtomicInteger arrived = new AtomicInteger();

    private final ClaimQueues queues;

    /** Positions below this one may be claimed. */
    private volatile int dealt;

    /** The turn that wakes the caller when it is open no longer. */
    private volatile int awaited = NOTHING;

    private int turn;
    private int position = NONE;

    @SuppressWarnings({"unchecked", "rawtypes"})
    ThreadRound(WorkerThreads workers, RoundContext<?, ?, U> round) {
        this.workers = workers;
        this.round = round;
        this.window = round.streaming() ? round.work().slots() : round.size();
        this.jobs = new LocalJob[round.size()];
        this.arrivals = round.inAnyOrder() ? new AtomicIntegerArray(round.size()) : null;
        this.queues = workers.groups() == 1 ? new ClaimQueues(round.size()) : byDevice(round, workers.groups());
    }

    /** Queues clients by device, so that a worker need not have models on several. */
    private static ClaimQueues byDevice(RoundContext<?, ?, ?> round, int groups) {
        int[] devices = new int[round.size()];
        for (int i = 0; i < devices.length; i++) {
            devices[i] = Math.max(0, round.work().job(i).device().index()) % groups;
        }
        return new ClaimQueues(devices, groups);
    }

    // ---- the workers' side

    @Override
    public int claim(int worker) {
        if (hasWork(worker) && round.stopRequested()) {
            endDealing();
        }
        return queues.claim(worker, dealt);
    }

    @Override
    public boolean hasWork(int worker) {
        return queues.hasWork(worker, dealt);
    }

    @Override
    public void enter() {
        LibTorch.flushDenormal(round.flushDenormal());
    }

    @Override
    public void train(int index, ClientRunner runner) {
        LocalJob<U> job = jobs[index];
        job.train(runner);
        int arrival = arrive(index);
        if (job.endsRound()) {
            endDealing();
            idle();
        } else if (arrival == awaited && round.streaming()) {
            LockSupport.unpark(round.caller());
        }
    }

    /** Gives a client that has ended its turn, and returns it. */
    private int arrive(int index) {
        if (arrivals == null) {
            return index;
        }
        int arrival = arrived.getAndIncrement();
        arrivals.set(arrival, index + 1);
        return arrival;
    }

    /** Wakes a waiting caller, because a worker has run out of work or the round must end. */
    @Override
    public void idle() {
        if (awaited != NOTHING) {
            LockSupport.unpark(round.caller());
        }
    }

    private void endDealing() {
        queues.end();
    }

    // ---- the caller's side

    @Override
    public @Nullable U await() {
        deal();
        position = awaitTurn() ? atTurn() : NONE;
        return position == NONE || jobs[position].endsRound() ? null : take();
    }

    /** Takes the package at this turn; null if its client was dropped. */
    private @Nullable U take() {
        LocalJob<U> job = jobs[position];
        jobs[position] = null;
        turn++;
        return job.take();
    }

    @Override
    public @Nullable U poll() {
        if (turn >= dealt || !isDone(turn) || !jobs[atTurn()].hasPackage() || round.stopRequested()) {
            return null;
        }
        position = atTurn();
        return take();
    }

    @Override
    public int position() {
        return position;
    }

    /** Returns the position at this turn, which is done. */
    private int atTurn() {
        return arrivals == null ? turn : arrivals.get(turn) - 1;
    }

    private void deal() {
        int from = dealt;
        int limit = (int) Math.min(round.size(), (long) turn + window);
        if (from >= limit || queues.isEnded()) {
            return;
        }
        round.clock().enter(Phase.DEAL);
        try (UserCodeScope code = new UserCodeScope()) {
            for (int i = from; i < limit; i++) {
                jobs[i] = new LocalJob<>(round, i);
            }
        }
        dealt = limit; // all at once, so that no client's draws go unseen beside the caller's code
        workers.wake(limit - from);
    }

    /** Waits for this turn. Returns false if the round must end, or dealing ended before this turn. */
    private boolean awaitTurn() {
        round.clock().enter(Phase.TRAIN);
        workers.spinUntil(() -> !mayEnd(turn) || isDone(turn));
        while (mayEnd(turn) && !isDone(turn) && !round.stopRequested()) {
            workers.throwIfNoneLeft();
            awaited = enoughTurns();
            if (!isDone(turn)) {
                LockSupport.parkNanos(this, SLICE);
            }
        }
        awaited = NOTHING;
        round.clock().enter(Phase.COLLECT);
        return mayEnd(turn) && !round.stopRequested();
    }

    /**
     * Returns the turn that makes it worthwhile to take packages from this one on: with half a window of packages,
     * clients do not wait long for slots.
     */
    private int enoughTurns() {
        int enough = Math.min(turn + window / 2, dealt - 1);
        return enough > turn && !isDone(enough) ? enough : turn;
    }

    /** Returns whether the client of a turn has ended. Turns below the number of dealt clients are there. */
    private boolean isDone(int which) {
        return arrivals == null ? jobs[which].isDone() : arrivals.get(which) != 0;
    }

    /** Returns whether the client of a turn is claimed, or may be while dealing continues. */
    private boolean mayEnd(int which) {
        if (!queues.isEnded() || which >= round.size()) {
            return which < round.size();
        }
        return arrivals == null ? queues.isClaimed(which) : which < queues.claimed();
    }

    @Override
    public SortedMap<Integer, U> end() {
        endDealing();
        try {
            return settle();
        } finally {
            workers.finish();
            round.restoreInterrupt();
        }
    }

    private SortedMap<Integer, U> settle() {
        SortedMap<Integer, U> packages = new TreeMap<>();
        for (int index = 0; index < jobs.length; index++) {
            if (jobs[index] != null && queues.isClaimed(index)) {
                LocalJob<U> job = awaitClaimed(index);
                job.requireDecided();
                U uplink = job.take();
                if (uplink != null) {
                    packages.put(index, uplink);
                }
            }
        }
        return packages;
    }

    /** Waits for a claimed client, but not longer than {@code close()} does. */
    private LocalJob<U> awaitClaimed(int index) {
        LocalJob<U> job = jobs[index];
        awaited = turn;
        while (!job.isDone() && !(round.closeIsOverdue() && job.abandon())) {
            round.holdInterrupt();
            LockSupport.parkNanos(this, SLICE);
        }
        awaited = NOTHING;
        return job;
    }
}
