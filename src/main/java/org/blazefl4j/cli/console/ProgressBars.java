package org.blazefl4j.cli.console;

import java.util.List;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;

/** A live bar of the clients that have finished in this round, on standard error; gone when the round is. */
public final class ProgressBars implements RoundListener<Object>, AutoCloseable {

    /** So that the cursor and what Ctrl-C echoes, {@code ^C}, stay on the bar's line. */
    private static final int MARGIN = 3;

    private final int rounds;
    private final int width = width();
    private ProgressBar bar;

    public ProgressBars(int rounds) {
        this.rounds = rounds;
    }

    @Override
    public void roundStarted(int round, List<Integer> cids) {
        bar = bar("round " + (round + 1) + "/" + rounds, cids.size(), "clients", width);
    }

    /** A bar of the terminal's width. */
    public static ProgressBar bar(String task, long most, String unit, int width) {
        return new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(most)
                .setRenderer(new BarText(unit))
                .setConsumer(new OneLine(width))
                .setUpdateIntervalMillis(200)
                .clearDisplayOnFinish()
                .build();
    }

    /** How wide a bar may be; asks the terminal. */
    public static int width() {
        return Terminal.columns() - MARGIN;
    }

    @Override
    public void clientLoaded(int round, Object uplink) {
        bar.step();
    }

    @Override
    public void roundFinished(RoundReport report) {
        close();
    }

    /** Takes the bar of a round away that was not finished. */
    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }

    /**
     * Leaves a blank line to write on where a bar was. Its width is given, for the bar's own way to find it takes over
     * the signal handlers, and Ctrl-C would end the process before it has written its results.
     */
    private static final class OneLine extends ConsoleProgressBarConsumer {

        OneLine(int width) {
            super(System.err, width);
        }

        @Override
        public void close() {
            System.err.print("\r" + " ".repeat(getMaxRenderedLength() + MARGIN - 1) + "\r");
            System.err.flush();
        }
    }
}
