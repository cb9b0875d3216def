package org.blazefl4j.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.blazefl4j.binding.Native;

/**
 * A worker's sign of life, from a thread of its own; it also ends the process when the parent is gone, and notices when
 * it is stopped, as by Ctrl-Z.
 */
final class HeartbeatThread {

    private static final int PARENT_GONE = 3;

    private static volatile boolean parentStopped;

    private HeartbeatThread() {}

    /** Whether the parent was stopped when this was last looked at. */
    static boolean parentIsStopped() {
        return parentStopped;
    }

    /** Starts beating. */
    static void start(Board board, int worker, int parent, Duration interval) {
        Thread thread = new Thread(() -> beat(board, worker, parent, interval.toMillis()), "blazefl4j-heart");
        thread.setDaemon(true);
        thread.setPriority(Thread.MAX_PRIORITY);
        thread.start();
    }

    private static void beat(Board board, int worker, int parent, long millis) {
        while (true) {
            endIfOrphan(parent);
            parentStopped = isStopped(parent);
            board.beat(worker);
            try {
                TimeUnit.MILLISECONDS.sleep(millis);
            } catch (InterruptedException e) {
                continue; // only the end of the process ends this thread
            }
        }
    }

    private static boolean isStopped(int pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
            return stat.startsWith("T", stat.lastIndexOf(')') + 2); // after a name, in which anything may be
        } catch (IOException unknown) {
            return false;
        }
    }

    /** Ends the process, and what it has started, if it has another parent than the one that started it. */
    static void endIfOrphan(int parent) {
        if (Native.parentPid() != parent) {
            Native.endGroup(Native.pid());
            Runtime.getRuntime().halt(PARENT_GONE);
        }
    }
}
