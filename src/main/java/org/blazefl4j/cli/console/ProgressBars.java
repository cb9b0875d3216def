package org.blazefl4j.cli.console;

import java.util.List;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.lab.LabCase;
import org.blazefl4j.lab.LabListener;
import org.jspecify.annotations.Nullable;

/**
 * Shows a progress bar on standard error, if that is a terminal: of the current round's finished clients, or of the
 * current case's measured rounds.
 */
public final class ProgressBars implements RoundListener<Object>, LabListener, AutoCloseable {

    /** Leaves room for the cursor and the echo of Ctrl-C, {@code ^C}. */
    private static final int MARGIN = 3;

    private final int tasks;
    private final int caseRounds;
    private final boolean shown = Terminal.isOnStandardError();
    private final int width = Terminal.columns() - MARGIN;
    private int cases;
    private @Nullable ProgressBar bar;

    private ProgressBars(int tasks, int caseRounds) {
        this.tasks = tasks;
        this.caseRounds = caseRounds;
    }

    /** Creates bars for the rounds of a run. */
    public static ProgressBars ofRounds(int rounds) {
        return new ProgressBars(rounds, 0);
    }

    /** Creates bars for cases that take at most so many rounds each. */
    public static ProgressBars ofCases(int cases, int rounds) {
        return new ProgressBars(cases, rounds);
    }

    @Override
    public void roundStarted(int round, List<Integer> cids) {
        start("round " + (round + 1) + "/" + tasks, cids.size(), "clients");
    }

    @Override
    public void caseStarted(LabCase which) {
        cases++;
        String task = "case " + cases + "/" + tasks + ", " + which.work().kind() + ", " + which.mode() + " "
                + which.workers() + ", " + which.clients() + " clients";
        start(task, caseRounds, "rounds");
    }

    private void start(String task, long most, String unit) {
        close();
        if (shown) {
            bar = new ProgressBarBuilder()
                    .setTaskName(task)
                    .setInitialMax(most)
                    .setRenderer(new BarText(unit))
                    .setConsumer(new OneLine(width))
                    .setUpdateIntervalMillis(200)
                    .clearDisplayOnFinish()
                    .build();
        }
    }

    @Override
    public void clientLoaded(int round, Object uplink) {
        if (bar != null) {
            bar.step();
        }
    }

    @Override
    public void roundMeasured(LabCase which, int measured) {
        if (bar != null) {
            bar.stepTo(measured);
        }
    }

    @Override
    public void roundFinished(RoundReport report) {
        close();
    }

    /** Removes the bar. */
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
