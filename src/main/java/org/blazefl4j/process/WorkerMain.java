package org.blazefl4j.process;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.blazefl4j.binding.Native;
import org.blazefl4j.codec.PackageDecoder;
import org.blazefl4j.process.launch.NativeLibraries;
import org.blazefl4j.shm.ResourceLimits;
import org.blazefl4j.shm.SegmentHandle;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.util.FaultPoint;

/** The main class of worker processes. */
public final class WorkerMain {

    private static final System.Logger LOGGER = System.getLogger(WorkerMain.class.getName());

    private static final int FAILED = 1;

    /** SIGHUP, SIGINT and SIGTERM, which terminals and batch systems send to all processes. */
    private static final List<Integer> LEFT_TO_PARENT = List.of(1, 2, 15);

    /** Whose end frees memory that others need more, says this to the kernel; the most that there is. */
    private static final String FIRST_TO_END = "1000";

    private static final Path END_ORDER = Path.of("/proc/self/oom_score_adj");

    private WorkerMain() {}

    /** The arguments after the worker's index. */
    static List<String> arguments(Board board, Duration heartbeat) {
        SegmentHandle segment = board.handle();
        return List.of(
                Long.toString(Supervisor.tick(heartbeat).toMillis()),
                Integer.toString(segment.pid()),
                Integer.toString(segment.fd()),
                Long.toString(segment.device()),
                Long.toString(segment.inode()),
                Integer.toString(segment.slots()),
                Long.toString(segment.slotBytes()),
                Long.toString(segment.generation()));
    }

    /**
     * Runs a worker until its pool is closed.
     *
     * @param args the worker's index, then what {@code arguments} gave
     */
    public static void main(String[] args) {
        int worker = Integer.parseInt(args[0]);
        long beatMillis = Long.parseLong(args[1]);
        Board board = start(worker, Duration.ofMillis(beatMillis), segment(args));
        try {
            run(board, worker);
        } catch (Throwable failure) {
            failure.printStackTrace();
            Runtime.getRuntime().halt(FAILED); // at once: its beats would go on, and its job stay claimed
        }
        end(board);
    }

    private static Board start(int worker, Duration beat, SegmentHandle segment) {
        try {
            dieWith(segment.pid());
            Board board = Board.open(segment);
            board.trapWrites(worker);
            HeartbeatThread.start(board, worker, segment.pid(), beat);
            return board;
        } catch (LinkageError
                | OutOfMemoryError e) { // what this process was given is too little; where it shows is not why
            System.err.println("worker cannot start: " + ResourceLimits.host().describe(e));
            Runtime.getRuntime().halt(FAILED);
            throw e;
        }
    }

    /** Where the board is that the arguments name. */
    static SegmentHandle segment(String[] args) {
        return new SegmentHandle(
                Integer.parseInt(args[2]),
                Integer.parseInt(args[3]),
                Long.parseLong(args[4]),
                Long.parseLong(args[5]),
                Integer.parseInt(args[6]),
                Long.parseLong(args[7]),
                Long.parseLong(args[8]));
    }

    /**
     * Ends this process, and what it has started, when the parent has ended, and not when both are told to end: the
     * parent decides then. Where memory is short this process goes first, for the parent can replace it.
     */
    static void dieWith(int parent) {
        NativeLibraries.useParentLibraries();
        int error = Native.endWithParent(parent);
        if (error < 0) {
            LOGGER.log(Level.WARNING, "worker is not ended with its parent at once: errno={0}", -error);
        }
        HeartbeatThread.endIfOrphan(parent);
        LEFT_TO_PARENT.forEach(Native::ignoreSignal);
        try {
            Files.writeString(END_ORDER, FIRST_TO_END);
        } catch (IOException e) {
            LOGGER.log(Level.DEBUG, "worker is not the first to end where memory is short", e);
        }
    }

    /** What the parent tells workers. */
    static WorkerSetup setup(Board board) {
        LibTorch.load();
        Inbox inbox = new Inbox(board.setupArea(), new PackageDecoder(ClassLoader.getSystemClassLoader()));
        return inbox.receive(new SegmentCache()).graph(WorkerSetup.class);
    }

    /**
     * A worker that has trained a client of ours. The calling thread has the intra-op threads of clients.
     *
     * @throws IllegalStateException if it would compute other bits than the parent
     */
    static Worker prepared(Board board, int index, WorkerSetup setup) throws Exception {
        Worker worker = new Worker(board, index, setup, ClassLoader.getSystemClassLoader());
        WarmUp.run(setup);
        return worker;
    }

    /** Threads of the client's own must not keep the process; nor, where the pool waits for its end, its hooks. */
    private static void end(Board board) {
        if (board.isShutDown()) {
            System.exit(0);
        }
        System.out.flush();
        System.err.flush();
        Runtime.getRuntime().halt(0);
    }

    private static void run(Board board, int index) {
        WorkerSetup setup;
        try {
            FaultPoint.isWorker(index);
            FaultPoint.STARTING.reach();
            setup = setup(board);
        } catch (Throwable reason) {
            refuse(board, index, reason);
            return;
        }
        try (IntraOpThreads scope = IntraOpThreads.scope(setup.settings().intraOpThreads())) {
            work(board, index, setup);
        }
    }

    /** Not for want of memory, which another attempt may find: that ends this process as a crash does. */
    private static void refuse(Board board, int index, Throwable reason) {
        if (reason instanceof VirtualMachineError error) {
            throw error;
        }
        StartupReport.refuse(board, index, reason);
    }

    private static void work(Board board, int index, WorkerSetup setup) {
        Worker worker;
        try {
            worker = prepared(board, index, setup);
        } catch (Throwable reason) {
            refuse(board, index, reason);
            return;
        }
        StartupReport.ready(board, index);
        worker.run();
    }
}
