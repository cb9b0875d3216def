package org.blazefl4j.soak;

import java.io.File;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Kills or crashes worker processes at random moments, in a thread. About half of the time it kills workers that are
 * still starting too. Sometimes it stops a worker for a while, for less or more time than the pool's heartbeat allows.
 *
 * <p>A pool gives up a worker that fails to start three times in a row, so a worker that was killed twice in a row is
 * spared until it has worked again.
 */
final class Killer implements AutoCloseable {

    private static final int LEAST_PAUSE_MILLIS = 50;
    private static final int MOST_PAUSE_MILLIS = 1200;
    private static final int STRIKES_PER_STOP = 8;
    private static final int STRIKES_PER_EARLY_KILL = 2;
    private static final int STRIKES_PER_CRASH = 3;
    private static final int MOST_KILLS_IN_A_ROW = 2;

    private final SplittableRandom random;
    private final Supplier<List<Long>> pids;
    private final int mostStopMillis;
    private final Set<Long> working = ConcurrentHashMap.newKeySet();
    private final Map<Integer, Long> lastKilled = new HashMap<>();
    private final Map<Integer, Integer> killsInARow = new HashMap<>();
    private final Thread thread;
    private int limit;
    private boolean closed;
    private int kills;
    private int stops;
    private Throwable failure;

    /**
     * Makes a killer that does nothing until {@link #resume}.
     *
     * @param pids returns the workers' process ids by index, at any time
     * @param mostStopMillis the longest time for which a worker is stopped
     */
    Killer(long seed, Supplier<List<Long>> pids, int mostStopMillis) {
        this.random = new SplittableRandom(seed);
        this.pids = pids;
        this.mostStopMillis = mostStopMillis;
        this.thread = new Thread(this::run, "killer");
        thread.setDaemon(true);
        thread.start();
    }

    /** Notes that a worker has returned a package. */
    void worked(long pid) {
        working.add(pid);
    }

    synchronized int kills() {
        return kills;
    }

    synchronized int stops() {
        return stops;
    }

    /** Pauses; after the return no worker is being killed or stopped. */
    synchronized void pause() {
        limit = 0;
        if (failure != null) {
            throw new AssertionError("killer failed", failure);
        }
    }

    /** Continues until there were this many kills in all. */
    synchronized void resume(int kills) {
        limit = kills;
        notifyAll();
    }

    private synchronized void run() {
        try {
            while (!closed) {
                pauseBetween(random.nextInt(LEAST_PAUSE_MILLIS, MOST_PAUSE_MILLIS));
                while (kills >= limit && !closed) {
                    wait();
                }
                if (!closed) {
                    strike();
                }
            }
        } catch (IOException | InterruptedException | RuntimeException e) {
            failure = e;
        }
    }

    /** Waits, and releases the lock meanwhile. */
    private void pauseBetween(int millis) throws InterruptedException {
        long end = System.nanoTime() + millis * 1_000_000L;
        for (long left = millis; left > 0 && !closed; left = (end - System.nanoTime()) / 1_000_000) {
            wait(left);
        }
    }

    private void strike() throws IOException, InterruptedException {
        List<Long> workers = pids.get();
        int index = random.nextInt(workers.size());
        long pid = workers.get(index);
        boolean stop = random.nextInt(STRIKES_PER_STOP) == 0;
        boolean early = random.nextInt(STRIKES_PER_EARLY_KILL) == 0;
        boolean crash = random.nextInt(STRIKES_PER_CRASH) == 0;
        int millis = random.nextInt(1, mostStopMillis);
        if (Long.valueOf(pid).equals(lastKilled.get(index))) {
            return; // its pool has not replaced it yet
        }
        if (stop) {
            stop(pid, millis);
        } else if (early || working.contains(pid)) {
            kill(index, pid, crash ? "SEGV" : "KILL");
        }
    }

    private void kill(int index, long pid, String signal) throws IOException, InterruptedException {
        int before = working.contains(pid) ? 0 : killsInARow.getOrDefault(index, 0);
        if (before < MOST_KILLS_IN_A_ROW && signal(signal, pid)) {
            killsInARow.put(index, before + 1);
            lastKilled.put(index, pid);
            kills++;
        }
    }

    private void stop(long pid, int millis) throws IOException, InterruptedException {
        if (signal("STOP", pid)) {
            stops++;
            Thread.sleep(millis);
            signal("CONT", pid);
        }
    }

    /** Sends a signal; returns whether the process exists. */
    private static boolean signal(String name, long pid) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-s", name, Long.toString(pid))
                .redirectInput(new File("/dev/null"))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        return kill.waitFor() == 0;
    }

    /** Ends the thread. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
