package org.blazefl4j.checkpoint;

import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Collects the log messages of a class until closed; meanwhile the console shows none. */
public final class LogCapture implements AutoCloseable {

    private final Logger logger;
    private final Handler handler;

    private LogCapture(Logger logger, List<String> messages) {
        this.logger = logger;
        this.handler = new Collector(messages);
    }

    static LogCapture of(Class<?> type, List<String> messages) {
        return of(type.getName(), messages);
    }

    /**
     * Collects the messages of the class with this name.
     *
     * @param messages receives them, from any thread
     */
    public static LogCapture of(String type, List<String> messages) {
        LogCapture capture = new LogCapture(Logger.getLogger(type), messages);
        capture.logger.addHandler(capture.handler);
        capture.logger.setUseParentHandlers(false);
        return capture;
    }

    private static final class Collector extends Handler {

        private final SimpleFormatter formatter = new SimpleFormatter();
        private final List<String> messages;

        Collector(List<String> messages) {
            this.messages = messages;
        }

        @Override
        public void publish(LogRecord entry) {
            messages.add(formatter.formatMessage(entry));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    @Override
    public void close() {
        logger.removeHandler(handler);
        logger.setUseParentHandlers(true);
    }
}
