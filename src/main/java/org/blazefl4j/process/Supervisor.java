package org.blazefl4j.process;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import org.blazefl4j.process.launch.PoolSettings;
import org.blazefl4j.process.launch.WorkerCommand;
import org.blazefl4j.process.launch.WorkerProcess;
import org.blazefl4j.util.Uninterruptibles;
import org.blazefl4j.worker.WorkerSettings;

/**
 * Starts the workers, replaces lost ones, and ends them and the processes that they started. Runs in one thread for the
 * life of the pool, because the kernel kills a worker when the thread that started it ends.
 *
 * <p>The lanes of a lost worker are given up only once its process has ended, so nothing can still write to its slot.
 * Frozen workers are detected by missing heartbeats, counted in ticks of this thread, which a suspended parent lacks.
 */
final class Supervisor implements AutoCloseable {

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration KILL_LIMIT = Duration.ofSeconds(10);

    /** How often in a row a worker that fails to start is started again. */
    private static final int RESTARTS = 2;

    /** How often in a row a starting worker may be killed by others or freeze, as when memory is short. */
    private static final int KILLS_AT_START = 20;

    /** The wait before a process that the operating system refused is started again. */
    private static final Duration AFTER_REFUSAL = Duration.ofMillis(500);

    private static final int READY_SLICE_MILLIS = 10;

    /** How often workers are checked. Java's notification could be delayed by threads of the caller. */
    private static final Duration LOOK = Duration.ofMillis(20);

    /** Longer than it takes to detect that a worker has ended. */
    private static final Duration NOTICE = Duration.ofMillis(200);

    /** The wait of {@code close()} for this thread, beyond the grace time. */
    private static final Duration AFTER_GRACE = Duration.ofSeconds(1);

    /** The wait for the last output of all workers when the pool is closed. */
    private static final Duration LAST_OUTPUT = Duration.ofMillis(500);

    private static final System.Logger LOGGER = System.getLogger(Supervisor.class.getName());

    private final PoolSettings settings;
    private final Board board;
    private final WorkerCommand command;
    private final List<String> arguments;
    private final AtomicReferenceArray<WorkerProcess> processes;
    private final AtomicReferenceArray<Loss> losses;

    /** Workers that do not start and are not tried again, because there are others. */
    private final Set<Integer> givenUp = ConcurrentHashMap.newKeySet();

    /** Warnings about those, not logged until a worker is ready. */
    private final List<String> unlogged = new ArrayList<>();

    /** The peak memory of each worker, including earlier processes. */
    private final AtomicLongArray peaks;

    private final WorkerHealth[] healths;
    private final OverdueClients overdue;
    private final Runnable ended;
    private final CountDownLatch started = new CountDownLatch(1);
    private final Thread thread;
    private volatile boolean closing;
    private volatile IllegalStateException broken;

    /** The end of the worker that had claimed a lane. */
    private record Loss(long claim, String reason, ForbiddenWrite write) {}

    /** Heartbeats and starts of one worker. For the supervisor's thread. */
    private static final class WorkerHealth {
        private long beats;
        private boolean beaten;
        private int silentTicks;
        private int failedStarts;
        private int killsAtStart;
        private boolean gone = true;
        private boolean refused;
        private long refusedAt;

        void restart(long now) {
            refused = false;
            beats = now;
            beaten = false;
            silentTicks = 0;
            gone = false;
        }

        void refuse() {
            refused = true;
            refusedAt = System.nanoTime();
            count(false, false);
        }

        boolean waits() {
            return refused && System.nanoTime() - refusedAt < AFTER_REFUSAL.toNanos();
        }

        void count(boolean ready, boolean killed) {
            failedStarts = ready ? 0 : failedStarts + (killed ? 0 : 1);
            killsAtStart = ready ? 0 : killsAtStart + (killed ? 1 : 0);
        }

        boolean isHopeless() {
            return failedStarts > RESTARTS || killsAtStart > KILLS_AT_START;
        }

        void tick(long now) {
            beaten |= now != beats;
            silentTicks = now == beats ? silentTicks + 1 : 0;
            beats = now;
        }
    }

    /**
     * Starts the workers.
     *
     * @param arguments the arguments of the workers' main class after the worker's index
     * @param ended called when this thread no longer uses the board
     */
    Supervisor(PoolSettings settings, Board board, WorkerCommand command, List<String> arguments, Runnable ended) {
        this.settings = settings;
        this.board = board;
        this.command = command;
        this.arguments = arguments;
        this.ended = ended;
        this.processes = new AtomicReferenceArray<>(settings.workers());
        this.losses = new AtomicReferenceArray<>(board.lanes());
        this.peaks = new AtomicLongArray(settings.workers());
        this.healths = new WorkerHealth[settings.workers()];
        this.overdue = settings.worker().clientNanos() == WorkerSettings.NO_LIMIT ? null : overdue();
        this.thread = new Thread(this::run, "blazefl4j-supervisor");
        thread.setDaemon(true);
        thread.start();
    }

    private OverdueClients overdue() {
        return new OverdueClients(board, clientLimit().plus(settings.grace()));
    }

    private Duration clientLimit() {
        return Duration.ofNanos(settings.worker().clientNanos());
    }

    /** Returns the interval of heartbeats and of their checks. */
    static Duration tick(Duration heartbeat) {
        long millis = Math.max(10, Math.min(500, heartbeat.toMillis() / 10));
        return Duration.ofMillis(millis);
    }

    /**
     * Waits until all workers are ready, except those given up.
     *
     * @throws IllegalStateException if one refuses to work, none starts, or the pool is closed
     */
    void awaitReady() {
        while (!allReady()) {
            throwIfBroken();
            if (closing) {
                throw new IllegalStateException("pool is closed: its workers were still starting; make a new trainer");
            }
            board.awaitAlert(READY_SLICE_MILLIS);
        }
    }

    private boolean allReady() {
        for (int worker = 0; worker < settings.workers(); worker++) {
            if (board.status(worker) != Board.Status.READY && !givenUp.contains(worker)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Checks that the pool can work.
     *
     * @throws IllegalStateException if no worker can run
     */
    void throwIfBroken() {
        IllegalStateException reason = broken;
        if (reason != null) {
            throw new IllegalStateException(reason.getMessage(), reason);
        }
    }

    /** Returns the process ids of the workers by index. Waits until all processes were started. */
    List<Long> pids() {
        Uninterruptibles.await(started, START_LIMIT);
        List<Long> pids = new ArrayList<>();
        for (int worker = 0; worker < settings.workers(); worker++) {
            pids.add(pid(worker));
        }
        return pids;
    }

    /** Returns the process id of a worker, or 0 if it has no process. */
    long pid(int worker) {
        WorkerProcess process = process(worker);
        return process == null ? 0 : process.pid();
    }

    /** Returns a worker's process, or null before its first start or if a corrupted board names no worker. */
    private WorkerProcess process(int worker) {
        return worker < processes.length() ? processes.get(worker) : null;
    }

    /** Returns the peak resident memory of each worker in bytes, as last seen before it ended. */
    List<Long> peakMemory() {
        List<Long> peak = new ArrayList<>();
        for (int worker = 0; worker < settings.workers(); worker++) {
            updatePeak(worker);
            peak.add(peaks.get(worker));
        }
        return peak;
    }

    private void updatePeak(int worker) {
        WorkerProcess process = process(worker);
        if (process != null) {
            peaks.accumulateAndGet(worker, process.peakMemory(), Math::max);
        }
    }

    /** Returns what happened to the worker that claimed a lane's job, or null if it is not lost. */
    String loss(int lane) {
        Loss loss = lossOf(lane);
        return loss == null ? null : loss.reason;
    }

    /** Returns the read-only place that a lane's lost worker wrote to, or null if it ended otherwise. */
    ForbiddenWrite forbiddenWrite(int lane) {
        Loss loss = lossOf(lane);
        return loss == null ? null : loss.write;
    }

    private Loss lossOf(int lane) {
        Loss loss = losses.get(lane);
        return loss == null || loss.claim != Board.claim(board.word(lane)) ? null : loss;
    }

    /** Returns {@link #loss}, after a short wait, because the end of a worker is detected with a delay. */
    String awaitLoss(int lane) {
        long end = System.nanoTime() + NOTICE.toNanos();
        while (loss(lane) == null && System.nanoTime() < end) {
            board.awaitAlert(READY_SLICE_MILLIS);
        }
        return loss(lane);
    }

    /** Kills a worker, which is then replaced. */
    void kill(int worker, String reason) {
        WorkerProcess process = process(worker);
        if (process != null) {
            process.kill(reason);
        }
    }

    /** Kills the worker that claimed a lane's job, but not its replacement. */
    void killWorkerOf(int lane, String reason) {
        WorkerProcess process = process(Board.worker(board.word(lane)));
        if (process != null && loss(lane) == null) { // in this order: a loss is recorded before the replacement starts
            process.kill(reason);
        }
    }

    private void run() {
        try {
            startAndSupervise();
        } finally {
            ended.run();
        }
    }

    private void startAndSupervise() {
        try {
            startAll();
            supervise();
        } catch (RuntimeException | Error e) {
            fail(new IllegalStateException("supervisor of worker processes failed: " + e, e));
        } finally {
            endAll();
        }
    }

    /** Starts all workers at the same time. */
    private void startAll() {
        try {
            for (int worker = 0; worker < settings.workers() && !closing; worker++) {
                healths[worker] = new WorkerHealth();
                start(worker);
            }
        } finally {
            started.countDown();
        }
    }

    private void supervise() {
        long tick = tick(settings.heartbeat()).toNanos();
        long next = System.nanoTime() + tick;
        while (!closing) {
            pause();
            for (int worker = 0; worker < settings.workers() && !closing; worker++) {
                if (healths[worker].gone) {
                    start(worker);
                } else if (!processes.get(worker).isAlive()) {
                    replace(processes.get(worker));
                }
            }
            logGivenUp();
            if (overdue != null) {
                overdue.check(this::killOverdue);
            }
            if (System.nanoTime() >= next) {
                checkBeats();
                next = System.nanoTime() + tick;
            }
        }
    }

    private void killOverdue(int worker) {
        kill(
                worker,
                "was killed because its client exceeded its time limit and the grace time: limit=" + clientLimit()
                        + ", grace=" + settings.grace());
    }

    private static void pause() {
        try {
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
        } catch (InterruptedException e) {
            return; // by close()
        }
    }

    /** Starts a worker. If the operating system refuses, a later check tries again. */
    private void start(int worker) {
        WorkerHealth health = healths[worker];
        if (broken != null || givenUp.contains(worker) || health.waits()) {
            return;
        }
        List<String> all = new ArrayList<>();
        all.add(Integer.toString(worker));
        all.addAll(arguments);
        try {
            processes.set(worker, WorkerProcess.start(worker, command, all, settings.output()));
            health.restart(board.beats(worker));
        } catch (IllegalStateException | UncheckedIOException refused) {
            health.refuse();
            if (health.isHopeless()) {
                giveUp(worker, refused.getMessage(), refused);
            }
        }
    }

    private void replace(WorkerProcess exited) {
        int worker = exited.worker();
        WorkerHealth health = healths[worker];
        Board.Status status = board.status(worker);
        exited.endGroup();
        String end = exited.describeEnd(status != Board.Status.STARTING);
        exited.closeOutput();
        health.gone = true;
        boolean froze = health.beaten && exited.wasKilledFromHere(); // only counted if it was not ready yet
        health.count(status == Board.Status.READY, froze || exited.wasKilledFromOutside());
        if (status == Board.Status.REFUSED) {
            fail(StartupReport.refusal(board, worker));
        } else if (health.isHopeless()) {
            giveUp(worker, end, null);
        }
        lose(worker, end);
        start(worker);
    }

    /** Continues with the other workers, unless all were given up. */
    private void giveUp(int worker, String end, Exception cause) {
        String reason = "worker does not start: worker=" + worker + "; " + end;
        int left = settings.workers() - givenUp.size() - 1;
        if (left == 0) {
            fail(new IllegalStateException(reason, cause));
        } else {
            givenUp.add(worker);
            unlogged.add("worker is given up: workers left=" + left + "; " + reason);
            board.alert();
        }
    }

    private void logGivenUp() {
        if (!unlogged.isEmpty() && anyReady()) {
            unlogged.forEach(reason -> LOGGER.log(System.Logger.Level.WARNING, reason));
            unlogged.clear();
        }
    }

    private boolean anyReady() {
        return IntStream.range(0, settings.workers()).anyMatch(worker -> board.status(worker) == Board.Status.READY);
    }

    /** Gives up a worker's claims, and records the reason for them and for results not yet taken. */
    private void lose(int worker, String reason) {
        ForbiddenWrite write = board.forbiddenWrite(worker);
        for (int lane = 0; lane < board.lanes(); lane++) {
            long word = board.word(lane);
            int state = Board.state(word);
            boolean its = state == Board.CLAIMED || state == Board.DONE || state == Board.FAILED;
            if (its && Board.worker(word) == worker) {
                losses.set(lane, new Loss(Board.claim(word), reason, state == Board.CLAIMED ? write : null));
            }
        }
        board.lose(worker);
    }

    private void fail(IllegalStateException reason) {
        broken = reason;
        board.alert();
    }

    private void checkBeats() {
        for (int worker = 0; worker < settings.workers(); worker++) {
            WorkerHealth health = healths[worker];
            if (health.gone) {
                continue;
            }
            updatePeak(worker);
            health.tick(board.beats(worker));
            Duration limit = health.beaten ? settings.heartbeat() : START_LIMIT;
            if (health.silentTicks
                    > limit.toMillis() / tick(settings.heartbeat()).toMillis()) {
                kill(worker, frozen(limit, health.beaten));
            }
        }
    }

    private static String frozen(Duration limit, boolean started) {
        return "froze and was killed, no sign of life for " + limit.toMillis() + " ms ("
                + (started
                        ? "a full heap or a busy machine can do this: a larger -Xmx in ProcessOptions.jvmArguments, or a"
                                + " longer ProcessOptions.heartbeat"
                        : "a busy machine can do this: fewer workers")
                + ")";
    }

    private void endAll() {
        board.shutDown();
        long end = System.nanoTime() + settings.grace().toNanos();
        for (int worker = 0; worker < settings.workers(); worker++) {
            WorkerProcess process = processes.get(worker);
            if (process != null && !process.awaitExit(Duration.ofNanos(Math.max(0, end - System.nanoTime())))) {
                process.kill("was killed because it did not end in time");
            }
        }
        long outputEnd = end + LAST_OUTPUT.toNanos();
        for (int worker = 0; worker < settings.workers(); worker++) {
            WorkerProcess process = processes.get(worker);
            if (process != null && process.awaitExit(KILL_LIMIT)) {
                lose(worker, broken == null ? "worker process ended with its pool" : broken.getMessage());
                process.endGroup();
                process.awaitOutput(Duration.ofNanos(Math.max(0, outputEnd - System.nanoTime())));
            }
            if (process != null) {
                process.closeOutput();
            }
        }
    }

    /**
     * Ends the workers, kills those that exceed the grace time, and waits for all of them. Does not wait much longer
     * for processes that the kernel does not end.
     */
    @Override
    public void close() {
        closing = true;
        peakMemory(); // reads it for the last time
        board.stop(Board.ROUND_ENDS, true);
        board.shutDown();
        board.alert();
        thread.interrupt();
        Uninterruptibles.join(thread, settings.grace().plus(AFTER_GRACE).toMillis());
    }
}
