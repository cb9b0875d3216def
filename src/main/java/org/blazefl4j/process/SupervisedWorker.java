package org.blazefl4j.process;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.blazefl4j.process.launch.PoolSettings;
import org.blazefl4j.process.launch.WorkerCommand;
import org.blazefl4j.process.launch.WorkerProcess;
import org.jspecify.annotations.Nullable;

/**
 * One worker as its {@link Supervisor} sees it: its process, the heartbeats of that, and how often it failed to start.
 * For the supervisor's thread, except where noted.
 */
final class SupervisedWorker {

    static final Duration START_LIMIT = Duration.ofSeconds(60);

    /** How often in a row a worker that fails to start is started again. */
    private static final int RESTARTS = 2;

    /** How often in a row a starting worker may be killed by others or freeze, as when memory is short. */
    private static final int KILLS_AT_START = 20;

    /** The wait before a process that the operating system refused is started again. */
    private static final Duration AFTER_REFUSAL = Duration.ofMillis(500);

    private final int index;
    private final PoolSettings settings;

    /** The peak memory of all its processes. */
    private final AtomicLong peak = new AtomicLong();

    private volatile @Nullable WorkerProcess process;
    private volatile boolean givenUp;
    private boolean gone = true;
    private long startAt = System.nanoTime();
    private long beats;
    private boolean beaten;
    private int silentTicks;
    private int failedStarts;
    private int killsAtStart;

    SupervisedWorker(int index, PoolSettings settings) {
        this.index = index;
        this.settings = settings;
    }

    int index() {
        return index;
    }

    /** Returns the last process, or null before the first start. For any thread. */
    @Nullable
    WorkerProcess process() {
        return process;
    }

    /** Returns whether it does not start and is not tried again, because there are others. For any thread. */
    boolean isGivenUp() {
        return givenUp;
    }

    void giveUp() {
        givenUp = true;
    }

    /** Returns the peak resident memory in bytes, as last seen before its process ended. For any thread. */
    long peakMemory() {
        WorkerProcess running = process;
        return running == null ? 0 : peak.accumulateAndGet(running.peakMemory(), Math::max);
    }

    /** Returns whether a process should be started now. */
    boolean wantsStart() {
        return gone && !givenUp && System.nanoTime() - startAt >= 0;
    }

    /**
     * Starts a process.
     *
     * @return why the operating system refused, or null if it did not
     */
    @Nullable
    IllegalStateException start(WorkerCommand command, List<String> arguments, Board board) {
        List<String> all = new ArrayList<>(List.of(Integer.toString(index)));
        all.addAll(arguments);
        try {
            process = WorkerProcess.start(index, command, all, settings.output());
        } catch (IllegalStateException e) {
            startAt = System.nanoTime() + AFTER_REFUSAL.toNanos();
            failedStarts++;
            return e;
        }
        gone = false;
        beats = board.beats(index);
        beaten = false;
        silentTicks = 0;
        return null;
    }

    /** Returns the process if it has ended since it was started, else null. */
    @Nullable
    WorkerProcess ended() {
        WorkerProcess last = process;
        return gone || last == null || last.isAlive() ? null : last;
    }

    /** Records the end of the process. */
    void noteEnd(WorkerProcess exited, boolean wasReady) {
        gone = true;
        boolean froze = beaten && exited.wasKilledFromHere();
        boolean killed = froze || exited.wasKilledFromOutside();
        failedStarts = wasReady ? 0 : failedStarts + (killed ? 0 : 1);
        killsAtStart = wasReady ? 0 : killsAtStart + (killed ? 1 : 0);
    }

    /** Returns whether it failed to start too often. */
    boolean isHopeless() {
        return failedStarts > RESTARTS || killsAtStart > KILLS_AT_START;
    }

    /** Counts the ticks without a heartbeat, and kills the process after too many. */
    void checkBeats(Board board, Duration tick) {
        WorkerProcess running = process;
        if (gone || running == null) {
            return;
        }
        peakMemory();
        long now = board.beats(index);
        beaten |= now != beats;
        silentTicks = now == beats ? silentTicks + 1 : 0;
        beats = now;
        Duration limit = beaten ? settings.heartbeat() : START_LIMIT;
        if (silentTicks > limit.toMillis() / tick.toMillis()) {
            running.kill("froze and was killed, no sign of life for " + limit.toMillis() + " ms ("
                    + (beaten
                            ? "a full heap or a busy machine can do this: a larger -Xmx in ProcessOptions.jvmArguments,"
                                    + " or a longer ProcessOptions.heartbeat"
                            : "a busy machine can do this: fewer workers")
                    + ")");
        }
    }
}
