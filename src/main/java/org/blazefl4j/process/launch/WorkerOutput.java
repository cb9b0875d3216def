package org.blazefl4j.process.launch;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.ObjIntConsumer;
import org.blazefl4j.util.Uninterruptibles;

/**
 * Reads one output stream of a worker in a separate thread, passes each line to a listener and keeps the last lines.
 * Splits long lines, so memory is bounded.
 */
final class WorkerOutput implements AutoCloseable {

    /** The charset of child processes, which may differ from this JVM's default. */
    private static final Charset NATIVE = Charset.forName(System.getProperty("native.encoding"));

    private static final int REMEMBERED_LINES = 50;
    private static final int LONGEST_LINE = 8192;

    private final int worker;
    private final ObjIntConsumer<String> listener;
    private final Deque<String> last = new ArrayDeque<>();
    private final ReadableByteChannel pipe;
    private final Thread thread;
    private boolean listenerFailed;

    WorkerOutput(int worker, String name, ReadableByteChannel pipe, ObjIntConsumer<String> listener) {
        this.worker = worker;
        this.listener = listener;
        this.pipe = pipe;
        this.thread = new Thread(this::pump, "blazefl4j-worker-" + worker + "-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    /** Returns the last lines, oldest first. */
    List<String> lastLines() {
        synchronized (last) {
            return List.copyOf(last);
        }
    }

    /** Waits until the stream has ended and all lines were passed on, unless a listener calls this. */
    void awaitEnd(Duration limit) {
        if (Thread.currentThread() != thread) {
            Uninterruptibles.join(thread, limit.toMillis());
        }
    }

    private void pump() {
        try (Reader reader = new InputStreamReader(Channels.newInputStream(pipe), NATIVE)) {
            char[] chunk = new char[LONGEST_LINE];
            StringBuilder line = new StringBuilder();
            for (int n = reader.read(chunk); n >= 0; n = reader.read(chunk)) {
                append(line, chunk, n);
            }
            if (line.length() > 0) {
                take(line.toString());
            }
        } catch (IOException ended) {
            return; // the pipe was closed
        }
    }

    /** Stops reading, even if there is more output. */
    @Override
    public void close() {
        try {
            pipe.close();
        } catch (IOException e) {
            System.getLogger(WorkerOutput.class.getName())
                    .log(System.Logger.Level.DEBUG, "output not closed: worker=" + worker, e);
        }
    }

    private void append(StringBuilder line, char[] chunk, int length) {
        for (int i = 0; i < length; i++) {
            boolean end = chunk[i] == '\n';
            if (!end && chunk[i] != '\r') {
                line.append(chunk[i]);
            }
            if (end || line.length() == LONGEST_LINE) {
                take(line.toString());
                line.setLength(0);
            }
        }
    }

    private void take(String line) {
        synchronized (last) {
            if (last.size() == REMEMBERED_LINES) {
                last.removeFirst();
            }
            last.addLast(line);
        }
        try {
            listener.accept(line, worker);
        } catch (RuntimeException e) {
            reportOnce(e);
        }
    }

    private void reportOnce(RuntimeException e) {
        if (!listenerFailed) {
            listenerFailed = true;
            System.getLogger(WorkerOutput.class.getName())
                    .log(System.Logger.Level.WARNING, "output listener failed: worker=" + worker, e);
        }
    }
}
