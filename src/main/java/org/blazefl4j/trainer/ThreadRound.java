package org.blazefl4j.trainer;

import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.blazefl4j.core.Phase;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.worker.ClientRunner;
import org.blazefl4j.worker.LocalJob;
import org.blazefl4j.worker.RoundContext;
import org.blazefl4j.worker.RoundResults;
import org.blazefl4j.worker.UserCodeScope;

/**
 * One round in threads. Workers claim clients in the order of the list; the calling thread takes their packages in the
 * same order and, as it does, lets dealing go on. Neither takes a lock: only a worker that finds nothing to claim and a
 * caller that finds nothing to take wait.
 */
final class ThreadRound<U> implements WorkerThreads.Work, RoundResults<U> {

    /**
     * How often a caller looks by itself. Nobody needs each package at once, so that workers wake the caller when they
     * run out of work or, in the streaming form, well before that, not for each client; this is the progress bar's
     * resolution.
     */
    private static final long SLICE = TimeUnit.MILLISECONDS.toNanos(20);

    private final WorkerThreads workers;
    private final RoundContext<?, ?, U> round;
    private final int window;
    private final LocalJob<U>[] jobs;

    /** The next position to claim; once dealing has ended, the complement of the number claimed. */
    private final AtomicInteger next = new AtomicInteger();

    /** Positions below this one may be claimed. */
    private volatile int dealt;

    /** The position whose end wakes the caller. */
    private volatile int awaited = NOTHING;

    private int taken;

    @SuppressWarnings({"unchecked", "rawtypes"})
    ThreadRound(WorkerThreads workers, RoundContext<?, ?, U> round) {
        this.workers = workers;
        this.round = round;
        this.window = round.streaming() ? round.work().slots() : round.size();
        this.jobs = new LocalJob[round.size()];
    }

    // ---- the workers' side

    @Override
    public int claim() {
        while (hasWork()) {
            if (round.stopRequested()) {
                endDealing();
                return NOTHING;
            }
            int index = next.get();
            if (index >= 0 && index < dealt && next.compareAndSet(index, index + 1)) {
                return index;
            }
        }
        return NOTHING;
    }

    @Override
    public boolean hasWork() {
        int index = next.get();
        return index >= 0 && index < dealt;
    }

    @Override
    public void enter() {
        LibTorch.flushDenormal(round.flushDenormal());
    }

    @Override
    public void train(int index, ClientRunner runner) {
        LocalJob<U> job = jobs[index];
        job.train(runner);
        if (job.endsRound()) {
            endDealing();
            idle();
        } else if (index == awaited && round.streaming()) {
            LockSupport.unpark(round.caller());
        }
    }

    /** Tells a caller that waits that a worker has run out of work, or that there will be no more. */
    @Override
    public void idle() {
        if (awaited != NOTHING) {
            LockSupport.unpark(round.caller());
        }
    }

    private void endDealing() {
        next.updateAndGet(index -> index < 0 ? index : ~index);
    }

    // ---- the caller's side

    @Override
    public U await(int index) {
        deal(index);
        if (!awaitTurn(index)) {
            return null;
        }
        return jobs[index].endsRound() ? null : take(index);
    }

    /** Takes what a client left that is done; null if it was dropped. */
    private U take(int index) {
        LocalJob<U> job = jobs[index];
        jobs[index] = null;
        taken = index + 1;
        return job.take();
    }

    @Override
    public U poll(int index) {
        boolean there = index < dealt && isDone(index) && jobs[index].hasPackage();
        return there && !round.stopRequested() ? take(index) : null;
    }

    private void deal(int handedOver) {
        int from = dealt;
        int limit = (int) Math.min(round.size(), (long) handedOver + window);
        if (from >= limit || next.get() < 0) {
            return;
        }
        round.clock().enter(Phase.DEAL);
        try (UserCodeScope code = new UserCodeScope()) {
            for (int i = from; i < limit; i++) {
                jobs[i] = new LocalJob<>(round, i);
            }
        }
        dealt = limit; // all at once: what a client drew beside the caller's code would go unseen
        workers.wake(limit - from);
    }

    /** Waits until a client is done. False if the round is to end now, or if dealing ended before this client. */
    private boolean awaitTurn(int index) {
        round.clock().enter(Phase.TRAIN);
        workers.spinUntil(() -> index >= claimed() || isDone(index));
        while (index < claimed() && !isDone(index) && !round.stopRequested()) {
            workers.throwIfNoneLeft();
            awaited = enoughAfter(index);
            if (!isDone(index)) {
                LockSupport.parkNanos(this, SLICE);
            }
        }
        awaited = NOTHING;
        round.clock().enter(Phase.COLLECT);
        return index < claimed() && !round.stopRequested();
    }

    /**
     * The position whose end makes it worth while to take packages, beginning with this one: with half of a window of
     * them, those who wait for slots do not wait long.
     */
    private int enoughAfter(int index) {
        int enough = Math.min(index + window / 2, dealt - 1);
        return enough > index && !isDone(enough) ? enough : index;
    }

    private boolean isDone(int index) {
        return jobs[index].isDone();
    }

    /** How many clients were claimed, or the most there can be while dealing goes on. */
    private int claimed() {
        int index = next.get();
        return index < 0 ? ~index : round.size();
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
        for (int index = taken; index < claimed(); index++) {
            LocalJob<U> job = awaitClaimed(index);
            job.requireDecided();
            if (job.hasPackage()) {
                packages.put(index, job.take());
            }
        }
        return packages;
    }

    /** Waits for a client that was claimed, but not past the end of {@code close()}. */
    private LocalJob<U> awaitClaimed(int index) {
        LocalJob<U> job = jobs[index];
        awaited = index;
        while (!job.isDone() && !(round.closeIsOverdue() && job.abandon())) {
            round.holdInterrupt();
            LockSupport.parkNanos(this, SLICE);
        }
        awaited = NOTHING;
        return job;
    }
}
