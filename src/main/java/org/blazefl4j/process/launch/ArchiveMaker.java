package org.blazefl4j.process.launch;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.util.Uninterruptibles;

/**
 * Has the archive of a pool's classes made, by processes of low priority beside it, once its workers are ready. That
 * the archive is not made, for whatever reason, harms nobody. Ends with the pool, finished or not.
 */
public final class ArchiveMaker implements AutoCloseable {

    /** Far longer than it takes. */
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private static final Duration END = Duration.ofSeconds(1);

    private final WorkerCommand command;
    private final List<String> arguments;
    private final Runnable awaitReady;
    private final Thread thread;
    private Process process;
    private boolean closed;

    /**
     * Begins when it can.
     *
     * @param arguments those of the pool's workers after their index
     * @param awaitReady returns when the workers are ready, and throws if they will never be
     */
    public ArchiveMaker(WorkerCommand command, List<String> arguments, Runnable awaitReady) {
        this.command = command;
        this.arguments = new ArrayList<>(List.of("0")); // as the first worker would, if it were one
        this.arguments.addAll(arguments);
        this.awaitReady = awaitReady;
        this.thread = new Thread(this::run, "blazefl4j-archive");
        thread.setDaemon(true);
        try {
            thread.start();
        } catch (OutOfMemoryError noThread) {
            log("archive of classes not made: " + noThread, null); // the pool works without
        }
    }

    private void run() {
        try {
            awaitReady.run();
            make(command.archive());
        } catch (IOException | RuntimeException e) {
            log("archive of classes not made", e);
        }
    }

    private void make(ClassArchive archive) throws IOException {
        ArchiveStore.Right right = archive.isThere() ? null : archive.store().tryRight();
        if (right == null) {
            return;
        }
        try (right) {
            right.sweep();
            Path log = command.folder().resolve("archive.log");
            boolean made = true;
            for (ProcessBuilder step : command.archiving(right.part(archive.key()), arguments)) {
                made = made && succeeds(step.redirectErrorStream(true).redirectOutput(Redirect.appendTo(log.toFile())));
            }
            if (made && right.keep(archive.key())) {
                log("archive of classes made: folder=" + archive.store().folder(), null);
            } else if (!isClosed()) {
                log("archive of classes not made: " + Files.readString(log), null);
            }
            right.sweep();
        }
    }

    private boolean succeeds(ProcessBuilder step) throws IOException {
        Process started;
        synchronized (this) {
            if (closed) {
                return false;
            }
            started = step.start();
            process = started;
        }
        if (!Uninterruptibles.exit(started, LIMIT)) {
            started.destroyForcibly();
            return false;
        }
        return started.exitValue() == 0;
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /** Ends the process, if one is at work; does not wait. */
    public synchronized void stop() {
        closed = true;
        if (process != null) {
            process.destroyForcibly();
        }
    }

    /** Waits a little for what it left to be deleted. */
    @Override
    public void close() {
        stop();
        Uninterruptibles.join(thread, END.toMillis());
    }

    private static void log(String message, Exception e) {
        System.getLogger(ArchiveMaker.class.getName()).log(System.Logger.Level.DEBUG, message, e);
    }
}
