package org.blazefl4j.process.launch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.function.ObjIntConsumer;
import org.blazefl4j.binding.Native;
import org.blazefl4j.shm.ResourceLimits;
import org.blazefl4j.shm.SegmentSpace;
import org.blazefl4j.util.Uninterruptibles;

/** One operating-system process of a worker, from its start to its end. */
public final class WorkerProcess {

    /** How long output may trickle in after the end: what has left its group may hold the pipe open for ever. */
    private static final Duration LAST_OUTPUT = Duration.ofMillis(500);

    private final int worker;
    private final Process process;
    private final WorkerOutput out;
    private final WorkerOutput err;
    private final Path crashReport;
    private final long outOfMemoryKills;

    /** Why it was killed; null if it was not. */
    private volatile String killedFor;

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
     * An end of the pipe that can be closed under a thread that reads from it, as the JDK's cannot: as long as another
     * process has the other end, that thread and the descriptor would stay.
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
            // as below
        }
        return Channels.newChannel(jdks); // what the process had written the JDK has read when it ended
    }

    /**
     * Starts a process. The calling thread must live as long as the process is wanted: when it ends, the process is
     * killed.
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
        } catch (IOException | OutOfMemoryError e) { // the latter: no thread for its output
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

    /** False once the process has ended and was waited for. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** The most memory that it has had resident, in bytes; 0 once it has ended. */
    public long peakMemory() {
        long peak = ResidentMemory.peak(pid());
        return isAlive() ? peak : 0; // if not, the number may be another process's by now
    }

    /** SIGKILL. */
    public void kill(String reason) {
        if (killedFor == null) {
            killedFor = reason;
        }
        process.destroyForcibly();
    }

    /**
     * A signal to all processes of a terminal, Ctrl-C, may end the helper by which the JDK starts them: once more then.
     */
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

    /** Whether this process ended it. */
    public boolean wasKilledFromHere() {
        return killedFor != null;
    }

    /** Whether somebody else ended it, by a signal for that; once it has ended. */
    public boolean wasKilledFromOutside() {
        return killedFor == null && ExitStatus.isOfKill(process.exitValue());
    }

    /** Whether the process has ended, and was waited for, within the time. */
    public boolean awaitExit(Duration limit) {
        return Uninterruptibles.exit(process, limit);
    }

    /**
     * Ends what the process had started, once it has ended itself: all of its group, whose number is its own. Not a
     * second time, when the number may be another group's.
     */
    public void endGroup() {
        if (!groupEnded) {
            groupEnded = true;
            Native.endGroup((int) pid());
        }
    }

    /** Ends the threads that read its output, whoever still writes. */
    public void closeOutput() {
        out.close();
        err.close();
    }

    /** Waits a little for the last lines that the process wrote before it ended. */
    public void awaitOutput(Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        out.awaitEnd(limit);
        err.awaitEnd(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
    }

    /**
     * How the process ended, with its last words.
     *
     * @param hadStarted whether the worker was ready once
     */
    public String lastWords(boolean hadStarted) {
        awaitOutput(LAST_OUTPUT);
        boolean crashed = Files.exists(crashReport);
        StringBuilder text = new StringBuilder("worker process ");
        text.append(killedFor == null ? "ended" : killedFor)
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
        // a JVM that cannot start says so on its standard output, whatever it warns of beside it
        if (!crashed && (!hadStarted || err.lastLines().isEmpty())) {
            append(text, "stdout", out.lastLines());
        }
        return text.toString();
    }

    private String exitText(boolean byItself) {
        boolean outOfMemory = SegmentSpace.host().outOfMemoryKills() > outOfMemoryKills;
        return killedFor == null
                ? ExitStatus.of(process.exitValue(), byItself, outOfMemory)
                : ExitStatus.ofKilled(process.exitValue());
    }

    private static void append(StringBuilder text, String title, List<String> lines) {
        if (!lines.isEmpty()) {
            text.append("\n  ").append(title).append(":");
            lines.forEach(line -> text.append("\n    ").append(line));
        }
    }
}
