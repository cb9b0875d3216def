package org.blazefl4j.process;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.blazefl4j.binding.Native;
import org.blazefl4j.codec.PackageDecoder;
import org.blazefl4j.cuda.CudaErrors;
import org.blazefl4j.process.launch.NativeLibraries;
import org.blazefl4j.shm.ResourceLimits;
import org.blazefl4j.shm.SegmentHandle;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.util.FaultPoint;

/** The main class of worker processes, and of those that only load what a worker loads, so that it is archived. */
public final class WorkerMain {

    private static final System.Logger LOGGER = System.getLogger(WorkerMain.class.getName());

    /** In place of a worker's index. */
    private static final String ARCHIVE = "archive";

    private static final int FAILED = 1;

    /** SIGHUP, SIGINT and SIGTERM, which terminals and batch systems send to all processes of a group. */
    private static final List<Integer> PARENT_SIGNALS = List.of(1, 2, 15);

    /** The highest score, so that the kernel kills workers first if memory runs out. */
    private static final String HIGHEST_SCORE = "1000";

    private static final Path OOM_SCORE = Path.of("/proc/self/oom_score_adj");

    private WorkerMain() {}

    /** Returns the arguments of a worker after its index. */
    static List<String> arguments(Board board, Duration heartbeat) {
        SegmentHandle segment = board.handle();
        LongStream numbers = LongStream.of(
                Supervisor.tick(heartbeat).toMillis(),
                segment.pid(),
                segment.fd(),
                segment.device(),
                segment.inode(),
                segment.slots(),
                segment.slotBytes(),
                segment.generation());
        return numbers.mapToObj(Long::toString).toList();
    }

    /** Returns the arguments of a process that creates the class archive. */
    static List<String> archiveArguments(List<String> arguments) {
        return Stream.concat(Stream.of(ARCHIVE), arguments.stream()).toList();
    }

    /**
     * Runs a worker until its pool is closed.
     *
     * @param args the worker's index and the result of {@code arguments}, or that of {@code archiveArguments}
     */
    public static void main(String[] args) throws Exception {
        if (args[0].equals(ARCHIVE)) {
            loadClasses(segment(args));
            return;
        }
        int worker = Integer.parseInt(args[0]);
        long beatMillis = Long.parseLong(args[1]);
        Board board = start(worker, Duration.ofMillis(beatMillis), segment(args));
        try {
            run(board, worker);
        } catch (Throwable failure) {
            failure.printStackTrace();
            Runtime.getRuntime().halt(FAILED); // at once, or heartbeats would continue and its job stay claimed
        }
        end(board);
    }

    private static void loadClasses(SegmentHandle segment) throws Exception {
        endWithParent(segment.pid());
        try (Board board = Board.open(segment)) {
            prepared(board, 0);
        }
    }

    private static Board start(int worker, Duration beat, SegmentHandle segment) {
        try {
            endWithParent(segment.pid());
            Board board = Board.open(segment);
            board.trapWrites(worker);
            HeartbeatThread.start(board, worker, segment.pid(), beat);
            return board;
        } catch (LinkageError | OutOfMemoryError e) { // too few resources for this process
            System.err.println("worker cannot start: " + ResourceLimits.host().describe(e));
            Runtime.getRuntime().halt(FAILED);
            throw e;
        }
    }

    /** Returns the handle of the board from the arguments. */
    private static SegmentHandle segment(String[] args) {
        long[] n = Stream.of(args).skip(2).mapToLong(Long::parseLong).toArray();
        return new SegmentHandle((int) n[0], (int) n[1], n[2], n[3], (int) n[4], n[5], n[6]);
    }

    /**
     * Makes this process end with its parent, ignore signals that go to both, because the parent decides then, and be
     * killed before the parent if memory runs out, because it can be replaced.
     */
    private static void endWithParent(int parent) {
        NativeLibraries.useParentLibraries();
        int error = Native.endWithParent(parent);
        if (error < 0) {
            LOGGER.log(Level.WARNING, "worker does not end with its parent at once: errno={0}", -error);
        }
        HeartbeatThread.endIfOrphan(parent);
        PARENT_SIGNALS.forEach(Native::ignoreSignal);
        try {
            Files.writeString(OOM_SCORE, HIGHEST_SCORE);
        } catch (IOException e) {
            LOGGER.log(Level.DEBUG, "worker is not the first to be killed if memory runs out", e);
        }
    }

    /**
     * Returns a worker that is warmed up. The calling thread has the intra-op threads of clients from then on.
     *
     * @throws IllegalStateException if its results would differ from the parent's
     */
    private static Worker prepared(Board board, int index) throws Exception {
        LibTorch.load();
        ClassLoader loader = ClassLoader.getSystemClassLoader();
        Inbox inbox = new Inbox(board.setupArea(), new PackageDecoder(loader));
        Message.Setup setup = inbox.receive(new SegmentCache()).graph(Message.Setup.class);
        IntraOpThreads.scope(setup.settings().intraOpThreads()); // not closed: the process ends with it
        Worker worker = new Worker(board, index, setup, loader);
        WarmUp.run(setup);
        return worker;
    }

    /** Ends the process even if clients left threads. Runs shutdown hooks only if the pool is shut down. */
    private static void end(Board board) {
        if (board.isShutDown()) {
            System.exit(0);
        }
        System.out.flush();
        System.err.flush();
        Runtime.getRuntime().halt(0);
    }

    /** Works. If the worker cannot start, reports why, except for lack of memory, which another attempt may find. */
    private static void run(Board board, int index) {
        Worker worker;
        try {
            FaultPoint.STARTING.reach(index);
            worker = prepared(board, index);
            worker.warmUpDevices();
        } catch (VirtualMachineError e) {
            throw e;
        } catch (Throwable reason) {
            StartupReport.refuse(board, index, reason);
            return;
        }
        board.report(index, Board.Status.READY);
        worker.run();
        String lost = CudaErrors.lost();
        if (lost != null) {
            System.err.println("CUDA context lost: " + lost + "; this worker ends and is replaced");
            System.err.flush();
            Runtime.getRuntime().halt(CudaErrors.EXIT_VALUE); // shutdown hooks might wait for the device
        }
    }
}
