package org.blazefl4j.cli.bench;

import me.tongfei.progressbar.ProgressBar;
import org.blazefl4j.cli.console.ProgressBars;
import org.blazefl4j.cli.console.Terminal;
import org.blazefl4j.lab.LabCase;
import org.blazefl4j.lab.LabListener;

/** Shows a progress bar of the current case's measured rounds on standard error, if that is a terminal. */
final class BenchBar implements LabListener, AutoCloseable {

    private final int cases;
    private final int rounds;
    private final boolean shown = Terminal.isOnStandardError();
    private final int width = ProgressBars.width();
    private int started;
    private ProgressBar bar;

    /**
     * Creates a bar that is not shown yet.
     *
     * @param cases the number of cases
     * @param rounds the maximum number of rounds in each
     */
    BenchBar(int cases, int rounds) {
        this.cases = cases;
        this.rounds = rounds;
    }

    @Override
    public void caseStarted(LabCase which) {
        close();
        started++;
        if (shown) {
            bar = ProgressBars.bar("case " + started + "/" + cases + ", " + describe(which), rounds, "rounds", width);
        }
    }

    private static String describe(LabCase which) {
        return which.work().kind() + ", " + which.mode() + " " + which.workers() + ", " + which.clients() + " clients";
    }

    @Override
    public void roundMeasured(LabCase which, int measured) {
        if (bar != null) {
            bar.stepTo(measured);
        }
    }

    /** Removes the bar. */
    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
