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
import org.jspecify.annotations.Nullable;

/**
 * One round in threads. Workers claim clients in the order of the list; the calling thread takes their packages in the
 * same order and then deals further clients. Neither takes a lock: a worker waits only if there is nothing to claim,
 * the caller only if there is nothing to take.
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

    /** The next position to claim; after the end of dealing, the complement of the number claimed. */
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

    /** Wakes a waiting caller, because a worker has run out of work or the round must end. */
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
    public @Nullable U await(int index) {
        deal(index);
        if (!awaitTurn(index)) {
            return null;
        }
        return jobs[index].endsRound() ? null : take(index);
    }

    /** Takes the package of a client that is done; null if it was dropped. */
    private @Nullable U take(int index) {
        LocalJob<U> job = jobs[index];
        jobs[index] = null;
        taken = index + 1;
        return job.take();
    }

    @Override
    public @Nullable U poll(int index) {
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
        dealt = limit; // all at once, so that no client's draws go unseen beside the caller's code
        workers.wake(limit - from);
    }

    /** Waits until a client is done. Returns false if the round must end, or dealing ended before this client. */
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
     * Returns the position whose end makes it worthwhile to take packages from this one on: with half a window of
     * packages, clients do not wait long for slots.
     */
    private int enoughAfter(int index) {
        int enough = Math.min(index + window / 2, dealt - 1);
        return enough > index && !isDone(enough) ? enough : index;
    }

    private boolean isDone(int index) {
        return jobs[index].isDone();
    }

    /** Returns the number of claimed clients, or of all while dealing continues. */
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
            U uplink = job.take();
            if (uplink != null) {
                packages.put(index, uplink);
            }
        }
        return packages;
    }

    /** Waits for a claimed client, but not longer than {@code close()} does. */
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
