package org.blazefl4j.process.launch;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.blazefl4j.util.Uninterruptibles;
import org.jspecify.annotations.Nullable;

/**
 * Creates the class archive of a pool in low-priority processes, once the pool's workers are ready. The pool works
 * without the archive, so failures are only logged, and the work stops when the pool closes.
 */
public final class ArchiveMaker implements AutoCloseable {

    /** Much longer than it takes. */
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private static final Duration END = Duration.ofSeconds(1);

    private final WorkerCommand command;
    private final List<String> arguments;
    private final Runnable awaitReady;
    private final Thread thread;
    private @Nullable Process process;
    private boolean closed;

    /**
     * Starts a thread that waits for the workers and then creates the archive.
     *
     * @param arguments the arguments of the processes' main class
     * @param awaitReady returns once the workers are ready, throws if they never will be
     */
    public ArchiveMaker(WorkerCommand command, List<String> arguments, Runnable awaitReady) {
        this.command = command;
        this.arguments = arguments;
        this.awaitReady = awaitReady;
        this.thread = new Thread(this::run, "blazefl4j-archive");
        thread.setDaemon(true);
        try {
            thread.start();
        } catch (OutOfMemoryError noThread) {
            log("class archive not created: " + noThread, null);
        }
    }

    private void run() {
        try {
            awaitReady.run();
            make(command.archive());
        } catch (IOException | RuntimeException e) {
            log("class archive not created", e);
        }
    }

    private void make(ClassArchive archive) throws IOException {
        ArchiveStore.WriteLock writeLock =
                archive.exists() ? null : archive.store().tryWriteLock();
        if (writeLock == null) {
            return;
        }
        try (writeLock) {
            writeLock.sweep();
            Path part = writeLock.part(archive.key());
            Path log = Path.of(part + ".log");
            boolean made = true;
            for (ProcessBuilder step : command.archiveBuilders(part, arguments)) {
                made = made && succeeds(step.redirectErrorStream(true).redirectOutput(Redirect.appendTo(log.toFile())));
            }
            if (made && writeLock.keep(archive.key())) {
                log("class archive created: folder=" + archive.store().folder(), null);
            } else if (!isClosed()) {
                log("class archive not created: " + Files.readString(log), null);
            }
            writeLock.sweep();
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

    /** Kills the running process, if any. Does not wait. */
    public synchronized void stop() {
        closed = true;
        if (process != null) {
            process.destroyForcibly();
        }
    }

    /** Stops the work and waits briefly until its files are deleted. */
    @Override
    public void close() {
        stop();
        Uninterruptibles.join(thread, END.toMillis());
    }

    private static void log(String message, @Nullable Exception e) {
        System.getLogger(ArchiveMaker.class.getName()).log(System.Logger.Level.DEBUG, message, e);
    }
}
