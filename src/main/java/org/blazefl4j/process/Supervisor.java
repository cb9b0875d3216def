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
 * Starts the workers, replaces those that are lost and ends them all, with what they have started, in one thread that
 * lives as long as the pool: the kernel ends a worker when the thread that started it ends.
 *
 * <p>A lost worker's lanes are given up only after its process was waited for, so nothing can still write to its slot.
 * Frozen workers are found by their beats, counted in this thread's own ticks: a suspended parent has no ticks.
 */
final class Supervisor implements AutoCloseable {

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration KILL_LIMIT = Duration.ofSeconds(10);

    /** How often in a row a worker may fail to start, the first time too, and be started again. */
    private static final int RESTARTS = 2;

    /**
     * How often in a row one that is starting may be killed from outside, or stand still after it had given signs of
     * life: when memory is short, the machine stalls, or by a test.
     */
    private static final int KILLS_AT_START = 20;

    /** How long it waits before it asks the operating system again for a process that was refused. */
    private static final Duration AFTER_REFUSAL = Duration.ofMillis(500);

    private static final int READY_SLICE_MILLIS = 10;

    /**
     * How often it looks whether a worker has ended; of Java's own notice, threads of the caller could be in the way.
     */
    private static final Duration LOOK = Duration.ofMillis(20);

    /** Longer than it takes to notice that a worker has ended. */
    private static final Duration NOTICE = Duration.ofMillis(200);

    /** How long {@code close()} waits for this thread beyond the grace time. */
    private static final Duration AFTER_GRACE = Duration.ofSeconds(1);

    /** How long the last output of all workers together may take when the pool is closed. */
    private static final Duration LAST_OUTPUT = Duration.ofMillis(500);

    private static final System.Logger LOGGER = System.getLogger(Supervisor.class.getName());

    private final PoolSettings settings;
    private final Board board;
    private final WorkerCommand command;
    private final List<String> arguments;
    private final AtomicReferenceArray<WorkerProcess> processes;
    private final AtomicReferenceArray<Loss> losses;

    /** Workers that do not start, and are not started again as long as there are others. */
    private final Set<Integer> givenUp = ConcurrentHashMap.newKeySet();

    /** Why those were, as long as it is open whether any worker starts. */
    private final List<String> untold = new ArrayList<>();

    /** The most memory that was seen of each worker, its earlier processes included. */
    private final AtomicLongArray peaks;

    private final Pulse[] pulses;
    private final OverdueLanes overdue;
    private final Runnable ended;
    private final CountDownLatch started = new CountDownLatch(1);
    private final Thread thread;
    private volatile boolean closing;
    private volatile IllegalStateException broken;

    /** The end of the worker that had this claim of a lane. */
    private record Loss(long claim, String reason, ForbiddenWrite write) {}

    /** What is known of one worker's life signs; used by the supervisor's thread alone. */
    private static final class Pulse {
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
     * @param arguments what the workers' main class gets after the worker's index
     * @param ended called when this thread is about to end and uses the board no more
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
        this.pulses = new Pulse[settings.workers()];
        this.overdue = settings.worker().clientNanos() == WorkerSettings.NO_LIMIT ? null : overdue();
        this.thread = new Thread(this::run, "blazefl4j-supervisor");
        thread.setDaemon(true);
        thread.start();
    }

    private OverdueLanes overdue() {
        return new OverdueLanes(board, clientLimit().plus(settings.grace()));
    }

    private Duration clientLimit() {
        return Duration.ofNanos(settings.worker().clientNanos());
    }

    /** How often workers beat and the supervisor looks. */
    static Duration tick(Duration heartbeat) {
        long millis = Math.max(10, Math.min(500, heartbeat.toMillis() / 10));
        return Duration.ofMillis(millis);
    }

    /**
     * Waits until all workers are ready, but for those that were given up.
     *
     * @throws IllegalStateException if one refuses to work or none starts, or the pool is closed
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
     * Reports that there are no workers, and will be none.
     *
     * @throws IllegalStateException if it is so
     */
    void throwIfBroken() {
        IllegalStateException reason = broken;
        if (reason != null) {
            throw new IllegalStateException(reason.getMessage(), reason);
        }
    }

    /** The process ids of the workers, by index; waits until each has a process. */
    List<Long> pids() {
        Uninterruptibles.await(started, START_LIMIT);
        List<Long> pids = new ArrayList<>();
        for (int worker = 0; worker < settings.workers(); worker++) {
            pids.add(pid(worker));
        }
        return pids;
    }

    /** The process id of a worker; 0 if there is none. */
    long pid(int worker) {
        WorkerProcess process = process(worker);
        return process == null ? 0 : process.pid();
    }

    /** A worker's process; null before it was started for the first time, and for a number that a wild worker wrote. */
    private WorkerProcess process(int worker) {
        return worker < processes.length() ? processes.get(worker) : null;
    }

    /** The most memory that each worker has had resident, in bytes, as far as was seen before it ended. */
    List<Long> peakMemory() {
        List<Long> peak = new ArrayList<>();
        for (int worker = 0; worker < settings.workers(); worker++) {
            lookAtMemory(worker);
            peak.add(peaks.get(worker));
        }
        return peak;
    }

    private void lookAtMemory(int worker) {
        WorkerProcess process = process(worker);
        if (process != null) {
            peaks.accumulateAndGet(worker, process.peakMemory(), Math::max);
        }
    }

    /** What happened to the worker that has, or had, claimed the job in this lane; null if it was not given up. */
    String loss(int lane) {
        Loss loss = lossOf(lane);
        return loss == null ? null : loss.reason;
    }

    /** What the worker of this lane wrote to, though it may only read it; null if it ended otherwise. */
    ForbiddenWrite forbiddenWrite(int lane) {
        Loss loss = lossOf(lane);
        return loss == null ? null : loss.write;
    }

    private Loss lossOf(int lane) {
        Loss loss = losses.get(lane);
        return loss == null || loss.claim != Board.claim(board.word(lane)) ? null : loss;
    }

    /**
     * The same for a result that cannot be read: if that is why, the end of the worker may be noticed a little later.
     */
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

    /** Kills the worker that has, or had, claimed the job in this lane, but not the one that has taken its place. */
    void killWorkerOf(int lane, String reason) {
        WorkerProcess process = process(Board.worker(board.word(lane)));
        if (process != null && loss(lane) == null) { // in this order: a loss is noted before there is a replacement
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
            breakDown(new IllegalStateException("supervisor of worker processes failed: " + e, e));
        } finally {
            endAll();
        }
    }

    /** Side by side: none waits for another. */
    private void startAll() {
        try {
            for (int worker = 0; worker < settings.workers() && !closing; worker++) {
                pulses[worker] = new Pulse();
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
                if (pulses[worker].gone) {
                    start(worker);
                } else if (!processes.get(worker).isAlive()) {
                    replace(processes.get(worker));
                }
            }
            tellOfGivenUp();
            if (overdue != null) {
                overdue.look(this::killOverdue);
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
                "was killed, for its client went on after its time limit and the grace time: limit=" + clientLimit()
                        + ", grace=" + settings.grace());
    }

    private static void pause() {
        try {
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
        } catch (InterruptedException e) {
            return; // only close() ends this thread
        }
    }

    /** If the operating system refuses, a later look tries again. */
    private void start(int worker) {
        Pulse pulse = pulses[worker];
        if (broken != null || givenUp.contains(worker) || pulse.waits()) {
            return;
        }
        List<String> all = new ArrayList<>();
        all.add(Integer.toString(worker));
        all.addAll(arguments);
        try {
            processes.set(worker, WorkerProcess.start(worker, command, all, settings.output()));
            pulse.restart(board.beats(worker));
        } catch (IllegalStateException | UncheckedIOException refused) {
            pulse.refuse();
            if (pulse.isHopeless()) {
                giveUp(worker, refused.getMessage(), refused);
            }
        }
    }

    private void replace(WorkerProcess exited) {
        int worker = exited.worker();
        Pulse pulse = pulses[worker];
        Board.Status status = board.status(worker);
        exited.endGroup();
        String lastWords = exited.describeEnd(status != Board.Status.STARTING);
        exited.closeOutput();
        pulse.gone = true;
        boolean froze = pulse.beaten && exited.wasKilledFromHere(); // where it was not ready yet
        pulse.count(status == Board.Status.READY, froze || exited.wasKilledFromOutside());
        if (status == Board.Status.REFUSED) {
            breakDown(StartupReport.refusal(board, worker));
        } else if (pulse.isHopeless()) {
            giveUp(worker, lastWords, null);
        }
        lose(worker, lastWords);
        start(worker);
    }

    /** Goes on with the others, unless all were given up. */
    private void giveUp(int worker, String lastWords, Exception cause) {
        String reason = "worker does not start: worker=" + worker + "; " + lastWords;
        int left = settings.workers() - givenUp.size() - 1;
        if (left == 0) {
            breakDown(new IllegalStateException(reason, cause));
        } else {
            givenUp.add(worker);
            untold.add("worker is given up: workers left=" + left + "; " + reason);
            board.alert();
        }
    }

    private void tellOfGivenUp() {
        if (!untold.isEmpty() && anyReady()) {
            untold.forEach(reason -> LOGGER.log(System.Logger.Level.WARNING, reason));
            untold.clear();
        }
    }

    private boolean anyReady() {
        return IntStream.range(0, settings.workers()).anyMatch(worker -> board.status(worker) == Board.Status.READY);
    }

    /** Gives up what a worker had claimed, and says what became of the results that it had not handed over. */
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

    private void breakDown(IllegalStateException reason) {
        broken = reason;
        board.alert();
    }

    private void checkBeats() {
        for (int worker = 0; worker < settings.workers(); worker++) {
            Pulse pulse = pulses[worker];
            if (pulse.gone) {
                continue;
            }
            lookAtMemory(worker);
            pulse.tick(board.beats(worker));
            Duration limit = pulse.beaten ? settings.heartbeat() : START_LIMIT;
            if (pulse.silentTicks
                    > limit.toMillis() / tick(settings.heartbeat()).toMillis()) {
                kill(worker, frozen(limit, pulse.beaten));
            }
        }
    }

    private static String frozen(Duration limit, boolean started) {
        return "froze and was killed, for it had given no sign of life for " + limit.toMillis() + " ms ("
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
                process.kill("was killed, for it had not ended in time");
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
     * Ends the workers, kills those that take longer than the grace time, and waits for all of them; for those that the
     * kernel does not let go of not much longer.
     */
    @Override
    public void close() {
        closing = true;
        peakMemory(); // the last look
        board.stop(Board.ROUND_ENDS, true);
        board.shutDown();
        board.alert();
        thread.interrupt();
        Uninterruptibles.join(thread, settings.grace().plus(AFTER_GRACE).toMillis());
    }
}
