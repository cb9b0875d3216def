package org.blazefl4j.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Tests the report of a worker that cannot start. */
final class StartupReportTest {

    /** Characters of two bytes each in a message. */
    private static final String LONG = "\u4e16".repeat(1000);

    @Test
    void shouldReportARefusalOfAnyLength() {
        try (Board board = Board.create(1, 1, 0)) {
            Throwable reason = new IllegalStateException("the first cause");
            for (int depth = 0; depth < 20; depth++) {
                reason = new IllegalStateException("depth " + depth + LONG, reason);
                reason.setStackTrace(longTrace());
            }
            StartupReport.refuse(board, 0, reason);
            assertThat(StartupReport.refusal(board, 0))
                    .hasMessageStartingWith(
                            "worker does not start: worker=0; java.lang.IllegalStateException: depth 19")
                    .cause()
                    .cause()
                    .hasMessageContaining("depth 18");
        }
    }

    @Test
    void shouldReportCausesAndTheirFirstFrames() {
        try (Board board = Board.create(1, 1, 0)) {
            StartupReport.refuse(board, 0, new IllegalStateException("outer", new IllegalArgumentException("inner")));
            assertThat(StartupReport.refusal(board, 0).getCause().getStackTrace())
                    .hasSize(4);
            assertThat(StartupReport.refusal(board, 0)).rootCause().hasMessage("inner");
        }
    }

    private static StackTraceElement[] longTrace() {
        StackTraceElement[] trace = new StackTraceElement[10];
        for (int i = 0; i < trace.length; i++) {
            trace[i] = new StackTraceElement("T" + LONG.substring(0, 10 + 100 * i), "method", "File.java", i);
        }
        return trace;
    }
}
