package org.blazefl4j.util;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Collects what a class of the library logs, from any thread, and keeps it from the console, until closed. */
public final class LogLines implements AutoCloseable {

    private final Logger logger;
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Handler handler = new Collector();

    private final class Collector extends Handler {

        private final SimpleFormatter formatter = new SimpleFormatter();

        @Override
        public void publish(LogRecord entry) {
            lines.add(formatter.formatMessage(entry));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    /** Listens to one class's logger. */
    public LogLines(String className) {
        logger = Logger.getLogger(className);
        logger.setUseParentHandlers(false);
        logger.addHandler(handler);
    }

    /** Listens to one class's logger. */
    public LogLines(Class<?> type) {
        this(type.getName());
    }

    /** Returns the messages so far. */
    public List<String> lines() {
        return List.copyOf(lines);
    }

    @Override
    public void close() {
        logger.removeHandler(handler);
        logger.setUseParentHandlers(true);
    }
}
