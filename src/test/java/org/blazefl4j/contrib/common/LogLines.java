package org.blazefl4j.contrib.common;

import java.text.MessageFormat;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Collects the log messages of one class until closed; meanwhile the console shows none. */
public final class LogLines implements AutoCloseable {

    private final Logger logger;
    private final List<String> lines = Collections.synchronizedList(new ArrayList<>());
    private final Handler handler = new Listener();

    private final class Listener extends Handler {
        @Override
        public void publish(LogRecord entry) {
            Object[] values = entry.getParameters();
            lines.add(values == null ? entry.getMessage() : MessageFormat.format(entry.getMessage(), values));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    /** Starts collecting. */
    public LogLines(String className) {
        logger = Logger.getLogger(className);
        logger.setUseParentHandlers(false);
        logger.addHandler(handler);
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
