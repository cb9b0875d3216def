package org.blazefl4j.trainer;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.blazefl4j.process.ClientRunner;
import org.blazefl4j.process.Failures;
import org.blazefl4j.torch.IntraOpThreads;

/**
 * The threads of one trainer. A thread takes clients of the current round as long as it can claim one, without a lock;
 * only a thread that finds none waits here.
 */
final class WorkerThreads {

    private static final Logger LOGGER = System.getLogger(WorkerThreads.class.getName());
    private static final AtomicInteger POOLS = new AtomicInteger();

    private final List<Thread> threads = new ArrayList<>();
    private final int intraOpThreads;
    private final AtomicInteger alive;
    private final Runnable whenAllEnded;
    private final Failures failures = new Failures();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private volatile ThreadRound<?> current;
    private volatile int waiting;
    private volatile boolean closed;

    /**
     * Starts one thread for each worker.
     *
     * @param runners the workers; each is closed by its own thread
     * @param intraOpThreads each thread's number of intra-op threads
     * @param whenAllEnded run by the last thread to end
     */
    WorkerThreads(List<ClientRunner> runners, int intraOpThreads, Runnable whenAllEnded) {
        this.intraOpThreads = intraOpThreads;
        this.alive = new AtomicInteger(runners.size());
        this.whenAllEnded = whenAllEnded;
        String name = "blazefl4j-" + POOLS.getAndIncrement() + "-worker-";
        for (ClientRunner runner : runners) {
            Thread thread = new Thread(() -> live(runner), name + runner.index());
            thread.setDaemon(true);
            threads.add(thread);
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

    private void live(ClientRunner runner) {
        failures.run(() -> {
            try (IntraOpThreads scope = IntraOpThreads.scope(intraOpThreads)) {
                trainClients(runner);
            }
        });
        failures.run(runner::close);
        if (alive.decrementAndGet() == 0) {
            whenAllEnded.run();
        }
    }

    private void trainClients(ClientRunner runner) {
        ThreadRound<?> last = null;
        while (true) {
            ThreadRound<?> round = current;
            int index = round == null ? ThreadRound.NOTHING : round.claim();
            if (index != ThreadRound.NOTHING) {
                round.train(index, runner);
                last = round;
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
        lock.lock();
        try {
            waiting++;
            while (!closed && !hasWork(current)) {
                work.awaitUninterruptibly();
            }
            waiting--;
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    private static boolean hasWork(ThreadRound<?> round) {
        return round != null && round.hasWork();
    }

    // ---- the caller's side

    /** Makes this round the one that threads take clients from. */
    <U> ThreadRound<U> start(ThreadRound<U> round) {
        current = round;
        return round;
    }

    /** Forgets the current round. */
    void finish() {
        current = null;
    }

    /** Wakes up to {@code count} threads that wait for work. */
    void wake(int count) {
        if (waiting == 0) {
            return;
        }
        lock.lock();
        try {
            for (int i = 0; i < count && i < waiting; i++) {
                work.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Does nothing as long as there are threads.
     *
     * @throws RuntimeException what ended them
     */
    void throwIfNoneLeft() {
        if (alive.get() == 0 && !closed) {
            failures.throwFirst("worker threads ended");
        }
    }

    boolean contains(Thread thread) {
        return threads.contains(thread);
    }

    /**
     * Ends the threads: waits for them, then interrupts those that still run clients and waits a second more.
     *
     * @throws RuntimeException what a worker's resource threw as it was closed
     */
    void close(Duration grace) {
        lock.lock();
        try {
            closed = true;
            work.signalAll();
        } finally {
            lock.unlock();
        }
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

    /** False if a thread other than the current one has not ended in time. */
    private boolean join(Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        boolean ended = true;
        for (Thread thread : threads) {
            if (thread != Thread.currentThread()) {
                joinUninterruptibly(thread, deadline);
                ended &= !thread.isAlive();
            }
        }
        return ended;
    }

    private static void joinUninterruptibly(Thread thread, long deadline) {
        boolean interrupted = false;
        long left = deadline - System.nanoTime();
        while (left > 0 && thread.isAlive()) {
            try {
                TimeUnit.NANOSECONDS.timedJoin(thread, left);
            } catch (InterruptedException kept) {
                interrupted = true;
            }
            left = deadline - System.nanoTime();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
