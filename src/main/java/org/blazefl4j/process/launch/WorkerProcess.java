package org.blazefl4j.process.launch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.ObjIntConsumer;
import org.blazefl4j.binding.Native;
import org.blazefl4j.shm.ResourceLimits;
import org.blazefl4j.shm.SegmentSpace;
import org.blazefl4j.util.Uninterruptibles;
import org.jspecify.annotations.Nullable;

/** One operating-system process of a worker. */
public final class WorkerProcess {

    /** The wait for output after the end. A process that left the group may hold the pipe open forever. */
    private static final Duration LAST_OUTPUT = Duration.ofMillis(500);

    private final int worker;
    private final Process process;
    private final WorkerOutput out;
    private final WorkerOutput err;
    private final Path crashReport;
    private final Instant started = Instant.now();
    private final long outOfMemoryKills;

    /** The reason if this process killed it, else null. */
    private volatile @Nullable String killReason;

    private boolean groupEnded;

    private WorkerProcess(
            int worker, Process process, Path crashReport, long outOfMemoryKills, ObjIntConsumer<String> output) {
        this.worker = worker;
        this.process = process;
        this.crashReport = crashReport;
        this.outOfMemoryKills = outOfMemoryKills;
        this.out = new WorkerOutput(worker, "out", pipe(1, process.getInputStream()), output);
        this.err = new WorkerOutput(worker, "err", pipe(2, process.getErrorStream()), output);
    }

    /**
     * Opens the pipe again, so that it can be closed while a thread reads from it. The JDK's stream cannot: thread and
     * descriptor would stay as long as another process holds the other end.
     */
    private ReadableByteChannel pipe(int descriptor, InputStream jdks) {
        try {
            Path end = Path.of("/proc/" + pid() + "/fd/" + descriptor);
            FileChannel channel = FileChannel.open(end, StandardOpenOption.READ);
            if (isAlive()) {
                jdks.close();
                return channel;
            }
            channel.close();
        } catch (IOException ended) {
            // use the JDK's stream
        }
        return Channels.newChannel(jdks); // the JDK has read all output of a process that has ended
    }

    /**
     * Starts a process. When the calling thread ends, the process is killed.
     *
     * @throws IllegalStateException if the operating system refuses
     */
    public static WorkerProcess start(
            int worker, WorkerCommand command, List<String> arguments, ObjIntConsumer<String> output) {
        long kills = SegmentSpace.host().outOfMemoryKills();
        Process process = null;
        try {
            process = start(command.builder(worker, arguments));
            return new WorkerProcess(worker, process, command.crashReport(worker, process.pid()), kills, output);
        } catch (IOException | OutOfMemoryError e) { // OutOfMemoryError: no thread for the output
            if (process != null) {
                process.destroyForcibly();
            }
            throw new IllegalStateException(
                    "worker process cannot be started: worker=" + worker + ", "
                            + ResourceLimits.host().describe(e),
                    e);
        }
    }

    public int worker() {
        return worker;
    }

    public long pid() {
        return process.pid();
    }

    /** Returns false once the process has ended and was reaped. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** Returns the peak resident memory in bytes, or 0 once the process has ended. */
    public long peakMemory() {
        long peak = ResidentMemory.peak(pid());
        return isAlive() ? peak : 0; // if not, another process may have the pid by now
    }

    /** Sends SIGKILL. Keeps the first reason. */
    public void kill(String reason) {
        if (killReason == null) {
            killReason = reason;
        }
        process.destroyForcibly();
    }

    /** Starts a process. Tries again if Ctrl-C, a signal to the whole group, has ended the JDK's spawn helper. */
    private static Process start(ProcessBuilder builder) throws IOException {
        try {
            return builder.start();
        } catch (IOException e) {
            if (!String.valueOf(e.getMessage()).contains("spawn helper")) {
                throw e;
            }
            return builder.start();
        }
    }

    /** Returns whether this process killed it. */
    public boolean wasKilledFromHere() {
        return killReason != null;
    }

    /** Returns whether another process ended it by a signal. Call it once the process has ended. */
    public boolean wasKilledFromOutside() {
        return killReason == null && ExitStatus.isKill(process.exitValue());
    }

    /** Waits for the end. Returns false on timeout. */
    public boolean awaitExit(Duration limit) {
        return Uninterruptibles.exit(process, limit);
    }

    /**
     * Kills the process group once the process has ended, and so all processes that it started. Does nothing the second
     * time, when the number may belong to another group.
     */
    public void endGroup() {
        if (!groupEnded) {
            groupEnded = true;
            Native.endGroup((int) pid());
        }
    }

    /** Ends the threads that read the output, even if another process holds the pipe open. */
    public void closeOutput() {
        out.close();
        err.close();
    }

    /** Waits for the last lines that the process wrote. */
    public void awaitOutput(Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        out.awaitEnd(limit);
        err.awaitEnd(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
    }

    /**
     * Describes how the process ended, with its last output.
     *
     * @param hadStarted whether the worker was ever ready
     */
    public String describeEnd(boolean hadStarted) {
        awaitOutput(LAST_OUTPUT);
        boolean crashed = CrashReport.isSince(started, crashReport);
        StringBuilder text = new StringBuilder("worker process ");
        text.append(killReason == null ? "ended" : killReason)
                .append(": pid=")
                .append(pid())
                .append(", exit=")
                .append(exitText(hadStarted && !crashed));
        if (!hadStarted) {
            text.append(ResourceLimits.host().met(out.lastLines()).orElse(""));
        }
        if (crashed) {
            text.append(", crash report=").append(crashReport).append(": ").append(CrashReport.describe(crashReport));
        }
        append(text, "stderr", err.lastLines());
        // a JVM that cannot start reports it on standard output
        if (!crashed && (!hadStarted || err.lastLines().isEmpty())) {
            append(text, "stdout", out.lastLines());
        }
        return text.toString();
    }

    private String exitText(boolean mayHaveExited) {
        boolean outOfMemory = SegmentSpace.host().outOfMemoryKills() > outOfMemoryKills;
        return killReason == null
                ? ExitStatus.of(process.exitValue(), mayHaveExited, outOfMemory)
                : ExitStatus.describeKilled(process.exitValue());
    }

    private static void append(StringBuilder text, String title, List<String> lines) {
        if (!lines.isEmpty()) {
            text.append("\n  ").append(title).append(":");
            lines.forEach(line -> text.append("\n    ").append(line));
        }
    }
}
