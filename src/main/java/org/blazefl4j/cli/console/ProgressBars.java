package org.blazefl4j.cli.console;

import java.util.List;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;

/** Shows a progress bar of the current round's finished clients on standard error. */
public final class ProgressBars implements RoundListener<Object>, AutoCloseable {

    /** Leaves room for the cursor and the echo of Ctrl-C, {@code ^C}. */
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

    /** Returns a bar of the given width. */
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

    /** Returns the width of a bar on this terminal. */
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

    /** Removes the bar of an unfinished round. */
    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }

    /**
     * Leaves a blank line where the bar was. The width is given because the library's own detection replaces the signal
     * handlers, so that Ctrl-C would end the process before results are written.
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
