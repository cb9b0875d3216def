package org.blazefl4j.metrics;

import java.io.PrintStream;
import java.util.Locale;
import java.util.StringJoiner;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;

/**
 * Prints a line per round: the numbers of the handler's summary, how many clients were dropped, failures made good and
 * results not finite if there were any, and where the time went.
 *
 * <pre>
 * round  3/15  accuracy 0.7312  loss 0.7021  2.13 s (training 2.01, aggregation 0.01, evaluation 0.11)
 * </pre>
 */
public final class ConsoleMetrics implements RoundListener<Object>, AutoCloseable {

    private final PrintStream out;
    private final int rounds;

    /**
     * Prints to a stream that stays the caller's.
     *
     * @param out such as {@code System.out}
     * @param rounds how many rounds there will be
     */
    public ConsoleMetrics(PrintStream out, int rounds) {
        this.out = out;
        this.rounds = rounds;
    }

    @Override
    public void roundFinished(RoundReport report) {
        out.println(line(report));
        out.flush();
    }

    private String line(RoundReport report) {
        StringJoiner line = new StringJoiner("  ");
        int width = Integer.toString(rounds).length();
        line.add(String.format(Locale.ROOT, "round %" + width + "d/%d", report.round() + 1, rounds));
        report.summary().forEach((name, value) -> addNumber(line, name, value));
        addIfAny(line, "dropped", report.dropped().size());
        addIfAny(line, "retries", report.retries());
        addIfAny(line, "non_finite", report.nonFinite().size());
        line.add(times(report));
        return line.toString();
    }

    private static void addNumber(StringJoiner line, String name, Object value) {
        if (value instanceof Double || value instanceof Float) {
            line.add(String.format(Locale.ROOT, "%s %.4f", name, ((Number) value).doubleValue()));
        } else if (value instanceof Number && !name.equals("round")) {
            line.add(name + " " + value);
        }
    }

    private static void addIfAny(StringJoiner line, String name, int count) {
        if (count > 0) {
            line.add(name + " " + count);
        }
    }

    private static String times(RoundReport report) {
        return String.format(
                Locale.ROOT,
                "%.2f s (training %.2f, aggregation %.2f, evaluation %.2f)",
                RoundRow.seconds(report.total()),
                RoundRow.seconds(report.training()),
                RoundRow.seconds(report.aggregation()),
                RoundRow.seconds(report.evaluation()));
    }

    /** Flushes the stream. */
    @Override
    public void close() {
        out.flush();
    }
}
