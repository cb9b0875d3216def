package org.blazefl4j.process;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.blazefl4j.process.launch.PoolSettings;
import org.blazefl4j.process.launch.WorkerCommand;
import org.blazefl4j.process.launch.WorkerProcess;
import org.blazefl4j.util.Uninterruptibles;
import org.blazefl4j.worker.WorkerSettings;
import org.jspecify.annotations.Nullable;

/**
 * Starts the workers, replaces lost ones, and ends them and the processes that they started. Runs in one thread for the
 * life of the pool, because the kernel kills a worker when the thread that started it ends.
 *
 * <p>The lanes of a lost worker are given up only once its process has ended, so nothing can still write to its slot.
 * Frozen workers are detected by missing heartbeats, counted in ticks of this thread, which a suspended parent lacks.
 */
final class Supervisor implements AutoCloseable {

    private static final Duration KILL_LIMIT = Duration.ofSeconds(10);

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
    private final List<SupervisedWorker> workers;
    private final AtomicReferenceArray<Loss> losses;

    /** Warnings about workers that were given up, not logged until another is ready. */
    private final List<String> unlogged = new ArrayList<>();

    /** The words of all lanes, and since when each has been seen. */
    private final long[] words;

    private final long[] since;
    private final Consumer<Boolean> ended;
    private final CountDownLatch started = new CountDownLatch(1);
    private final Thread thread;
    private volatile boolean closing;
    private volatile @Nullable IllegalStateException broken;

    /** The end of the worker that had claimed a lane, and the read-only place that it wrote to. */
    record Loss(long claim, String reason, Board.@Nullable ForbiddenWrite write) {}

    /**
     * Starts the workers.
     *
     * @param arguments the arguments of the workers' main class after the worker's index
     * @param ended called when this thread no longer uses the board, with whether all processes have ended
     */
    Supervisor(
            PoolSettings settings,
            Board board,
            WorkerCommand command,
            List<String> arguments,
            Consumer<Boolean> ended) {
        this.settings = settings;
        this.board = board;
        this.command = command;
        this.arguments = arguments;
        this.ended = ended;
        this.workers = IntStream.range(0, settings.workers())
                .mapToObj(index -> new SupervisedWorker(index, settings))
                .toList();
        this.losses = new AtomicReferenceArray<>(board.lanes());
        this.words = new long[board.lanes()];
        this.since = new long[board.lanes()];
        this.thread = new Thread(this::run, "blazefl4j-supervisor");
        thread.setDaemon(true);
        thread.start();
    }

    /** Returns the interval of heartbeats and of their checks. */
    static Duration tick(Duration heartbeat) {
        return Duration.ofMillis(Math.max(10, Math.min(500, heartbeat.toMillis() / 10)));
    }

    /**
     * Waits until all workers are ready, except those given up.
     *
     * @throws IllegalStateException if one refuses to work, none starts, or the pool is closed
     */
    void awaitReady() {
        while (!workers.stream().allMatch(worker -> isReady(worker) || worker.isGivenUp())) {
            throwIfBroken();
            if (closing) {
                throw new IllegalStateException("pool is closed: its workers were still starting; make a new trainer");
            }
            board.awaitAlert(READY_SLICE_MILLIS);
        }
    }

    private boolean isReady(SupervisedWorker worker) {
        return board.status(worker.index()) == Board.Status.READY;
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
        Uninterruptibles.await(started, SupervisedWorker.START_LIMIT);
        return workers.stream().map(worker -> pid(worker.index())).toList();
    }

    /** Returns the process id of a worker, or 0 if it has no process. */
    long pid(int worker) {
        WorkerProcess process = process(worker);
        return process == null ? 0 : process.pid();
    }

    /** Returns a worker's process, or null before its first start or if a corrupted board names no worker. */
    private @Nullable WorkerProcess process(int worker) {
        return worker < workers.size() ? workers.get(worker).process() : null;
    }

    /** Returns the peak resident memory of each worker in bytes, as last seen before it ended. */
    List<Long> peakMemory() {
        return workers.stream().map(SupervisedWorker::peakMemory).toList();
    }

    /** Returns what happened to the worker that claimed a lane's job, or null if it is not lost. */
    @Nullable
    Loss loss(int lane) {
        Loss loss = losses.get(lane);
        return loss == null || loss.claim != Board.claim(board.word(lane)) ? null : loss;
    }

    /** Returns {@link #loss}, after a short wait, because the end of a worker is detected with a delay. */
    @Nullable
    Loss awaitLoss(int lane) {
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
            startAll();
            supervise();
        } catch (RuntimeException | Error e) {
            fail(new IllegalStateException("supervisor of worker processes failed: " + e, e));
        } finally {
            boolean all = false;
            try {
                all = endAll();
            } finally {
                ended.accept(all);
            }
        }
    }

    /** Starts all workers at the same time. */
    private void startAll() {
        try {
            workers.forEach(this::start);
        } finally {
            started.countDown();
        }
    }

    private void supervise() {
        Duration tick = tick(settings.heartbeat());
        long next = System.nanoTime() + tick.toNanos();
        while (!closing) {
            pause();
            for (SupervisedWorker worker : workers) {
                replaceIfEnded(worker);
                start(worker);
            }
            logGivenUp();
            if (settings.worker().clientNanos() != WorkerSettings.NO_LIMIT) {
                killOverdue(Duration.ofNanos(settings.worker().clientNanos()));
            }
            if (System.nanoTime() >= next) {
                workers.forEach(worker -> worker.checkBeats(board, tick));
                next = System.nanoTime() + tick.toNanos();
            }
        }
    }

    private static void pause() {
        try {
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
        } catch (InterruptedException e) {
            return; // by close()
        }
    }

    private void killOverdue(Duration limit) {
        long nanos = limit.plus(settings.grace()).toNanos();
        long now = System.nanoTime();
        for (int lane = 0; lane < words.length; lane++) {
            long word = board.word(lane);
            if (word != words[lane]) {
                words[lane] = word;
                since[lane] = now;
            } else if (Board.state(word) == Board.CLAIMED && now - since[lane] > nanos) {
                kill(
                        Board.worker(word),
                        "was killed because its client exceeded its time limit and the grace time: limit=" + limit
                                + ", grace=" + settings.grace());
            }
        }
    }

    /** Starts a worker that has no process. If the operating system refuses, a later check tries again. */
    private void start(SupervisedWorker worker) {
        if (closing || broken != null || !worker.wantsStart()) {
            return;
        }
        IllegalStateException refused = worker.start(command, arguments, board);
        if (refused != null && worker.isHopeless()) {
            giveUp(worker, String.valueOf(refused.getMessage()), refused);
        }
    }

    private void replaceIfEnded(SupervisedWorker worker) {
        WorkerProcess exited = closing ? null : worker.ended();
        if (exited == null) {
            return;
        }
        Board.Status status = board.status(worker.index());
        exited.endGroup();
        String end = exited.describeEnd(status != Board.Status.STARTING);
        exited.closeOutput();
        worker.noteEnd(exited, status == Board.Status.READY);
        if (status == Board.Status.REFUSED) {
            fail(StartupReport.refusal(board, worker.index()));
        } else if (worker.isHopeless()) {
            giveUp(worker, end, null);
        }
        lose(worker.index(), end);
    }

    /** Continues with the other workers, unless all were given up. */
    private void giveUp(SupervisedWorker worker, String end, @Nullable Exception cause) {
        String reason = "worker does not start: worker=" + worker.index() + "; " + end;
        long left = workers.stream()
                .filter(other -> other != worker && !other.isGivenUp())
                .count();
        if (left == 0) {
            fail(new IllegalStateException(reason, cause));
        } else {
            worker.giveUp();
            unlogged.add("worker is given up: workers left=" + left + "; " + reason);
            board.alert();
        }
    }

    private void logGivenUp() {
        if (!unlogged.isEmpty() && workers.stream().anyMatch(this::isReady)) {
            unlogged.forEach(reason -> LOGGER.log(System.Logger.Level.WARNING, reason));
            unlogged.clear();
        }
    }

    /** Gives up a worker's claims, and records the reason for them and for results not yet taken. */
    private void lose(int worker, String reason) {
        Board.ForbiddenWrite write = board.forbiddenWrite(worker);
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

    /** Ends all workers. Returns whether no process is left. */
    private boolean endAll() {
        board.shutDown();
        long end = System.nanoTime() + settings.grace().toNanos();
        List<WorkerProcess> processes = new ArrayList<>();
        for (SupervisedWorker worker : workers) {
            WorkerProcess process = worker.process();
            if (process != null) {
                processes.add(process);
            }
        }
        for (WorkerProcess process : processes) {
            if (!process.awaitExit(until(end))) {
                process.kill("was killed because it did not end in time");
            }
        }
        IllegalStateException failure = broken;
        String reason = failure == null ? "worker process ended with its pool" : String.valueOf(failure.getMessage());
        boolean all = true;
        for (WorkerProcess process : processes) {
            if (process.awaitExit(KILL_LIMIT)) {
                lose(process.worker(), reason);
                process.endGroup();
                process.awaitOutput(until(end + LAST_OUTPUT.toNanos()));
            } else {
                all = false;
            }
            process.closeOutput();
        }
        return all;
    }

    private static Duration until(long nanoTime) {
        return Duration.ofNanos(Math.max(0, nanoTime - System.nanoTime()));
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
