package org.blazefl4j.metrics;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.BiPredicate;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;

/**
 * Prints a line per round: the numbers of the handler's summary, the numbers of dropped clients, retries and non-finite
 * results if there are any, and the times.
 *
 * <pre>
 * round  3/15  accuracy 0.7312  loss 0.7021  2.13 s (train 2.01, eval 0.11)
 * </pre>
 *
 * <p>Wraps lines at the terminal's width and then omits the parts of the time; result files have all of them.
 */
public final class ConsoleMetrics implements RoundListener<Object>, AutoCloseable {

    /** The default number of columns. */
    public static final int USUAL_COLUMNS = 80;

    private static final double EXPONENT_FROM = 1e6;
    private static final String BOLD = "\u001b[1m";
    private static final String FAINT = "\u001b[2m";
    private static final String YELLOW = "\u001b[33m";
    private static final String NORMAL = "\u001b[0m";

    private final PrintStream out;
    private final int rounds;
    private final int columns;
    private final boolean colour;
    private BiPredicate<String, Object> details = (name, value) -> false;

    /** Prints lines of 80 columns without colour. */
    public ConsoleMetrics(PrintStream out, int rounds) {
        this(out, rounds, USUAL_COLUMNS, false);
    }

    /**
     * Prints lines of the given width.
     *
     * @param out such as {@code System.out}; stays open
     * @param rounds the number of rounds in the run
     * @param columns the maximum width of a line
     * @param colour whether to use ANSI escape sequences
     */
    public ConsoleMetrics(PrintStream out, int rounds, int columns, boolean colour) {
        this.out = out;
        this.rounds = rounds;
        this.columns = columns;
        this.colour = colour;
    }

    /**
     * Omits values of the summary, as details that only result files have.
     *
     * @param omitted says so of a name and its value
     * @return this object
     */
    public ConsoleMetrics omitting(BiPredicate<String, Object> omitted) {
        details = omitted;
        return this;
    }

    @Override
    public void roundFinished(RoundReport report) {
        out.println(text(report));
        out.flush();
    }

    private String text(RoundReport report) {
        Lines lines = new Lines();
        int width = Integer.toString(rounds).length();
        lines.add(String.format(Locale.ROOT, "round %" + width + "d/%d", report.round() + 1, rounds), BOLD);
        report.summary().forEach((name, value) -> {
            if (!details.test(name, value)) {
                addNumber(lines, name, value);
            }
        });
        addIfAny(lines, "dropped", report.dropped().size());
        addIfAny(lines, "retries", report.retries());
        addIfAny(lines, "non_finite", report.nonFinite().size());
        addTimes(lines, report);
        return lines.text.toString();
    }

    private static void addNumber(Lines lines, String name, Object value) {
        if (value instanceof Double || value instanceof Float) {
            double number = ((Number) value).doubleValue();
            String format =
                    Math.abs(number) < EXPONENT_FROM ? "%s %.4f" : "%s %.4e"; // huge ones, as of a diverging loss
            lines.add(String.format(Locale.ROOT, format, name, number), "");
        } else if (value instanceof Number && !name.equals("round")) {
            lines.add(name + " " + value, "");
        }
    }

    private static void addIfAny(Lines lines, String name, int count) {
        if (count > 0) {
            lines.add(name + " " + count, YELLOW);
        }
    }

    private static void addTimes(Lines lines, RoundReport report) {
        String total = String.format(Locale.ROOT, "%.2f s", RoundRow.seconds(report.total()));
        String parts = String.format(
                Locale.ROOT,
                " (train %.2f, eval %.2f)",
                RoundRow.seconds(report.training()),
                RoundRow.seconds(report.evaluation()));
        lines.add(lines.fits(total + parts) || !lines.fits(total) ? total + parts : total, FAINT);
    }

    /** Flushes the stream. */
    @Override
    public void close() {
        out.flush();
    }

    /** Joins parts, on as many lines as they need. */
    private final class Lines {

        private final StringBuilder text = new StringBuilder();
        private int used;

        private boolean fits(String part) {
            return used + 2 + part.length() <= columns;
        }

        private void add(String part, String style) {
            if (used > 0 && !fits(part)) {
                text.append(System.lineSeparator());
                used = 0;
            }
            boolean first = text.length() == 0;
            text.append(first ? "" : "  ").append(colour && !style.isEmpty() ? style + part + NORMAL : part);
            used += (first ? 0 : 2) + part.length();
        }
    }
}
