package org.blazefl4j.trainer;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.blazefl4j.process.ClientRunner;
import org.blazefl4j.process.Failures;
import org.bytedeco.pytorch.global.torch;

/**
 * The threads of one trainer. A thread takes clients of the current round as long as it can claim one, without a lock;
 * only a thread that finds none waits here.
 */
final class WorkerThreads<U, D, C> {

    private static final Logger LOGGER = System.getLogger(WorkerThreads.class.getName());
    private static final AtomicInteger POOLS = new AtomicInteger();

    private final List<Thread> threads = new ArrayList<>();
    private final int intraOpThreads;
    private final CountDownLatch started;
    private final AtomicInteger alive;
    private final Runnable whenAllEnded;
    private final Failures failures = new Failures();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private volatile ThreadRound<U, D, C> current;
    private volatile int waiting;
    private volatile boolean closed;

    /**
     * Starts one thread for each worker.
     *
     * @param runners the workers; each is closed by its own thread
     * @param intraOpThreads each thread's number of intra-op threads
     * @param whenAllEnded run by the last thread to end
     */
    WorkerThreads(List<ClientRunner<C, D, U>> runners, int intraOpThreads, Runnable whenAllEnded) {
        this.intraOpThreads = intraOpThreads;
        this.started = new CountDownLatch(runners.size());
        this.alive = new AtomicInteger(runners.size());
        this.whenAllEnded = whenAllEnded;
        String name = "blazefl4j-" + POOLS.getAndIncrement() + "-worker-";
        for (ClientRunner<C, D, U> runner : runners) {
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
        Uninterruptibly.await(started);
        // LibTorch gives the number that was set last to threads that come after; those are not ours.
        torch.set_num_threads(torch.get_num_threads());
    }

    // ---- the threads' side

    private void live(ClientRunner<C, D, U> runner) {
        try {
            torch.set_num_threads(intraOpThreads);
            started.countDown();
            trainClients(runner);
        } finally {
            end(runner);
        }
    }

    private void trainClients(ClientRunner<C, D, U> runner) {
        ThreadRound<U, D, C> last = null;
        while (true) {
            ThreadRound<U, D, C> round = current;
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
            while (!closed && (current == null || !current.hasWork())) {
                work.awaitUninterruptibly();
            }
            waiting--;
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    private void end(ClientRunner<C, D, U> runner) {
        failures.run(runner::close);
        if (alive.decrementAndGet() == 0) {
            whenAllEnded.run();
        }
    }

    // ---- the caller's side

    /** Makes this round the one that threads take clients from. */
    ThreadRound<U, D, C> start(ThreadRound<U, D, C> round) {
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
                Uninterruptibly.join(thread, deadline);
                ended &= !thread.isAlive();
            }
        }
        return ended;
    }
}
