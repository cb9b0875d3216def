package org.blazefl4j.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.blazefl4j.binding.Native;

/**
 * The thread that sends a worker's heartbeats. It also ends the process when the parent has ended, and notices when the
 * parent is stopped, as by Ctrl-Z.
 */
final class HeartbeatThread {

    private static final int PARENT_GONE = 3;

    private static volatile boolean parentStopped;

    private HeartbeatThread() {}

    /** Returns whether the parent was stopped at the last beat. */
    static boolean parentIsStopped() {
        return parentStopped;
    }

    /** Starts the thread. */
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
                continue; // runs until the process ends
            }
        }
    }

    private static boolean isStopped(int pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
            return stat.startsWith(
                    "T", stat.lastIndexOf(')') + 2); // the state follows the name, which may contain anything
        } catch (IOException unknown) {
            return false;
        }
    }

    /** Ends the process group if the parent has ended. */
    static void endIfOrphan(int parent) {
        if (Native.parentPid() != parent) {
            Native.endGroup(Native.pid());
            Runtime.getRuntime().halt(PARENT_GONE);
        }
    }
}
