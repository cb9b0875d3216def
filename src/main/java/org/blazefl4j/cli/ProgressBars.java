package org.blazefl4j.cli;

import java.util.List;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;

/** A live bar of the clients that have finished in this round, on standard error; gone when the round is. */
final class ProgressBars implements RoundListener<Object>, AutoCloseable {

    private final int rounds;
    private ProgressBar bar;

    ProgressBars(int rounds) {
        this.rounds = rounds;
    }

    @Override
    public void roundStarted(int round, List<Integer> cids) {
        bar = new ProgressBarBuilder()
                .setTaskName("round " + (round + 1) + "/" + rounds)
                .setInitialMax(cids.size())
                .setUnit(" clients", 1)
                .setStyle(ProgressBarStyle.ASCII)
                .setConsumer(new OneLine())
                .setUpdateIntervalMillis(200)
                .showSpeed()
                .clearDisplayOnFinish()
                .build();
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

    /** Leaves no empty line where a bar was. */
    private static final class OneLine extends ConsoleProgressBarConsumer {

        OneLine() {
            super(System.err);
        }

        @Override
        public void close() {
            System.err.flush();
        }
    }
}
