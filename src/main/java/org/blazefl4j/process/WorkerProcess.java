package org.blazefl4j.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.ObjIntConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.blazefl4j.util.Causes;

/** One operating-system process of a worker, from its start to its end. */
final class WorkerProcess {

    private static final int CRASH_REPORT_LINES = 12;

    /** How long output may trickle in after the end: a grandchild may hold the pipe open for ever. */
    private static final Duration LAST_OUTPUT = Duration.ofMillis(500);

    private static final int SIGNAL_EXIT = 128;
    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;

    private final int worker;
    private final Process process;
    private final WorkerOutput out;
    private final WorkerOutput err;
    private final Path crashReport;

    /** Why it was killed; null if it was not. */
    private volatile String killedFor;

    private WorkerProcess(int worker, Process process, Path crashReport, ObjIntConsumer<String> output) {
        this.worker = worker;
        this.process = process;
        this.crashReport = crashReport;
        this.out = new WorkerOutput(worker, "out", process.getInputStream(), output);
        this.err = new WorkerOutput(worker, "err", process.getErrorStream(), output);
    }

    /**
     * Starts a process. The calling thread must live as long as the process is wanted: when it ends, the process is
     * killed.
     *
     * @throws IllegalStateException if the operating system refuses
     */
    static WorkerProcess start(
            int worker, WorkerCommand command, List<String> arguments, ObjIntConsumer<String> output) {
        ProcessBuilder builder = command.builder(worker, arguments);
        try {
            Process process = start(builder);
            return new WorkerProcess(worker, process, command.crashReport(worker, process.pid()), output);
        } catch (IOException e) {
            throw new IllegalStateException(
                    "worker process cannot be started: worker=" + worker + ", command="
                            + builder.command().get(0),
                    e);
        }
    }

    int worker() {
        return worker;
    }

    long pid() {
        return process.pid();
    }

    /** False once the process has ended and was waited for. */
    boolean isAlive() {
        return process.isAlive();
    }

    /** The most memory that it has had resident, in bytes; 0 once it has ended. */
    long peakMemory() {
        long peak = ResidentMemory.peak(pid());
        return isAlive() ? peak : 0; // if not, the number may be another process's by now
    }

    /** SIGKILL. */
    void kill(String reason) {
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
    boolean wasKilledFromHere() {
        return killedFor != null;
    }

    /** Whether somebody else ended it, by SIGKILL or SIGTERM; once it has ended. */
    boolean wasKilledFromOutside() {
        int signal = process.exitValue() - SIGNAL_EXIT;
        return killedFor == null && (signal == SIGKILL || signal == SIGTERM);
    }

    /** Whether the process has ended, and was waited for, within the time. */
    boolean awaitExit(Duration limit) {
        return Waiting.exit(process, limit);
    }

    /** Waits a little for the last lines that the process wrote before it ended. */
    void awaitOutput(Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        out.awaitEnd(limit);
        err.awaitEnd(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
    }

    /**
     * How the process ended, with its last words.
     *
     * @param hadStarted whether the worker was ready once
     */
    String lastWords(boolean hadStarted) {
        awaitOutput(LAST_OUTPUT);
        StringBuilder text = new StringBuilder("worker process ");
        text.append(killedFor == null ? "ended" : killedFor)
                .append(": pid=")
                .append(pid())
                .append(", exit=")
                .append(exitText(process.exitValue()));
        append(text, "stderr", err.lastLines());
        // a JVM that cannot start says so on its standard output, whatever it warns of beside it
        if (!hadStarted || err.lastLines().isEmpty()) {
            append(text, "stdout", out.lastLines());
        }
        append(text, "crash report", crashReportHead());
        return text.toString();
    }

    private static String exitText(int value) {
        int signal = value - SIGNAL_EXIT;
        switch (signal) {
            case 4:
                return value + " (SIGILL?)";
            case 6:
                return value + " (SIGABRT? a crash of native code or of the JVM)";
            case 7:
                return value + " (SIGBUS? shared memory ran out)";
            case 9:
                return value + " (SIGKILL? perhaps the kernel's out-of-memory killer)";
            case 11:
                return value + " (SIGSEGV?)";
            case 15:
                return value + " (SIGTERM?)";
            default:
                return signal > 0 && signal <= 64 ? value + " (signal " + signal + "?)" : Integer.toString(value);
        }
    }

    private static void append(StringBuilder text, String title, List<String> lines) {
        if (!lines.isEmpty()) {
            text.append("\n  ").append(title).append(":");
            lines.forEach(line -> text.append("\n    ").append(line));
        }
    }

    private List<String> crashReportHead() {
        if (!Files.exists(crashReport)) {
            return List.of();
        }
        try (Stream<String> lines = Files.lines(crashReport, StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> line.length() > 1)
                    .limit(CRASH_REPORT_LINES)
                    .collect(Collectors.toList());
        } catch (IOException e) {
            return List.of("cannot be read: " + Causes.describe(e));
        }
    }
}
