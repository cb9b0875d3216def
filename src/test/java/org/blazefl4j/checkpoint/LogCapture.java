package org.blazefl4j.checkpoint;

import java.text.MessageFormat;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Collects what a class logs, and keeps it from the console, until it is closed. */
final class LogCapture extends Handler implements AutoCloseable {

    private final Logger logger;
    private final List<String> messages;

    private LogCapture(Logger logger, List<String> messages) {
        this.logger = logger;
        this.messages = messages;
    }

    static LogCapture of(Class<?> type, List<String> messages) {
        LogCapture capture = new LogCapture(Logger.getLogger(type.getName()), messages);
        capture.logger.addHandler(capture);
        capture.logger.setUseParentHandlers(false);
        return capture;
    }

    @Override
    public void publish(LogRecord record) {
        messages.add(MessageFormat.format(record.getMessage(), record.getParameters()));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        logger.removeHandler(this);
        logger.setUseParentHandlers(true);
    }
}
