package org.blazefl4j.trainer;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.util.ErrorCollector;
import org.blazefl4j.util.Uninterruptibles;
import org.blazefl4j.worker.ClientRunner;
import org.jspecify.annotations.Nullable;

/**
 * The threads of one trainer. A thread claims clients of the current round as long as there are any, and then sleeps.
 * There is no lock.
 */
final class WorkerThreads {

    private static final Logger LOGGER = System.getLogger(WorkerThreads.class.getName());
    private static final AtomicInteger POOLS = new AtomicInteger();

    /** The looks for work before a thread sleeps, which take about as long as waking it. */
    private static final int SPINS = 1000;

    /** A round whose clients threads claim. Called by any thread. */
    interface Work {

        /** No position. */
        int NOTHING = ClaimQueues.NOTHING;

        /** Returns whether there is a client for a worker to claim. */
        boolean hasWork(int worker);

        /**
         * Claims the next client for the current thread. Returns its position, or {@link #NOTHING} if there is none.
         *
         * @param worker the thread's worker
         */
        int claim(int worker);

        /** Makes the current thread compute as the caller does. Clients restore what they change of this. */
        void enter();

        /** Trains a claimed client. Throws nothing. */
        void train(int index, ClientRunner runner);

        /** Called when the current thread has found nothing to claim. */
        void idle();
    }

    private final List<Worker> threads = new ArrayList<>();
    private final int intraOpThreads;
    private final int groups;
    private final AtomicInteger alive;
    private final Runnable whenAllEnded;
    private final ErrorCollector failures = new ErrorCollector();
    private final int spins;
    private volatile @Nullable Work current;
    private volatile boolean closed;

    /**
     * Starts one thread for each worker.
     *
     * @param runners the workers, each closed by its own thread
     * @param intraOpThreads the number of intra-op threads of each thread
     * @param devices the number of CUDA devices to divide workers among; 0 for the CPU
     * @param whenAllEnded run by the last thread that ends
     */
    WorkerThreads(List<ClientRunner> runners, int intraOpThreads, int devices, Runnable whenAllEnded) {
        this.intraOpThreads = intraOpThreads;
        this.groups = Math.max(1, Math.min(devices, runners.size()));
        this.alive = new AtomicInteger(runners.size());
        this.whenAllEnded = whenAllEnded;
        this.spins = Runtime.getRuntime().availableProcessors() > runners.size() ? SPINS : 0;
        String name = "blazefl4j-" + POOLS.getAndIncrement() + "-worker-";
        for (ClientRunner runner : runners) {
            threads.add(new Worker(runner, name + runner.index()));
        }
        startAll();
    }

    private void startAll() {
        try {
            threads.forEach(Thread::start);
        } catch (Throwable failure) {
            close(Duration.ZERO);
            throw failure;
        }
    }

    // ---- the threads' side

    private final class Worker extends Thread {

        private final ClientRunner runner;
        private final AtomicBoolean asleep = new AtomicBoolean();

        Worker(ClientRunner runner, String name) {
            super(name);
            this.runner = runner;
            setDaemon(true);
        }

        @Override
        public void run() {
            failures.run(() -> {
                try (IntraOpThreads scope = IntraOpThreads.scope(intraOpThreads)) {
                    trainClients();
                }
            });
            failures.run(runner::close);
            if (alive.decrementAndGet() == 0) {
                whenAllEnded.run();
            }
        }

        private void trainClients() {
            Work last = null;
            while (true) {
                Work round = current;
                int index = round == null ? Work.NOTHING : round.claim(runner.index());
                if (round != null && index != Work.NOTHING) {
                    if (round != last) {
                        round.enter();
                        last = round;
                    }
                    round.train(index, runner);
                    continue;
                }
                if (last != null) {
                    last.idle();
                    last = null;
                }
                if (!awaitWork()) {
                    return;
                }
            }
        }

        private boolean awaitWork() {
            spinUntil(() -> closed || hasWork());
            asleep.set(true);
            while (!closed && !hasWork()) {
                LockSupport.park(WorkerThreads.this);
                Thread.interrupted(); // with it set, no thread sleeps
                asleep.set(true);
            }
            asleep.set(false);
            return !closed;
        }

        private boolean hasWork() {
            Work round = current;
            return round != null && round.hasWork(runner.index());
        }

        /** Wakes the thread if it sleeps and has work. Returns whether it did. */
        boolean wake() {
            boolean slept = asleep.get() && hasWork() && asleep.compareAndSet(true, false);
            if (slept) {
                LockSupport.unpark(this);
            }
            return slept;
        }
    }

    /** Waits briefly for a condition, unless this would take a core from a worker. */
    void spinUntil(BooleanSupplier done) {
        for (int i = 0; i < spins && !done.getAsBoolean(); i++) {
            Thread.onSpinWait();
        }
    }

    // ---- the caller's side

    /** Makes threads claim the clients of a round. */
    <W extends Work> W start(W round) {
        current = round;
        return round;
    }

    /** Ends the current round. */
    void finish() {
        current = null;
    }

    /** Wakes up to {@code count} sleeping threads that have work; all of them if not all have the same. */
    void wake(int count) {
        int left = groups == 1 ? count : threads.size();
        for (int i = 0; i < threads.size() && left > 0; i++) {
            left -= threads.get(i).wake() ? 1 : 0;
        }
    }

    /**
     * Checks that there are threads, in each group.
     *
     * @throws RuntimeException the failure that ended them
     */
    void throwIfNoneLeft() {
        boolean enough = groups == 1 ? alive.get() > 0 : alive.get() == threads.size();
        if (!enough && !closed) {
            failures.throwFirst("worker threads ended");
        }
    }

    /** Returns the number of groups that workers belong to, each with devices of its own; 1 on the CPU. */
    int groups() {
        return groups;
    }

    boolean contains(Thread thread) {
        return threads.contains(thread);
    }

    /**
     * Ends the threads: waits for them, then interrupts those that still run clients and waits for another second.
     *
     * @throws RuntimeException the failure to close a worker's resource
     */
    void close(Duration grace) {
        closed = true;
        threads.forEach(LockSupport::unpark);
        if (!join(grace)) {
            threads.forEach(Thread::interrupt);
            if (!join(Duration.ofSeconds(1))) {
                LOGGER.log(
                        Level.WARNING,
                        "client runs on after close: limit=" + grace
                                + " and 1 s; look at context.stopEvent() once a batch");
            }
        }
        failures.throwFirst("worker did not close");
    }

    /** Returns false if a thread other than the current one has not ended in time. */
    private boolean join(Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        boolean ended = true;
        for (Thread thread : threads) {
            if (thread != Thread.currentThread()) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                ended &= Uninterruptibles.join(thread, left);
            }
        }
        return ended;
    }
}
