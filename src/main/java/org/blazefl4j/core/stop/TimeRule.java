package org.blazefl4j.core.stop;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.core.StopRule;
import org.blazefl4j.util.Arguments;

/** Ends when rounds have taken too long. */
final class TimeRule implements StopRule {

    private static final String ENTRY = "nanoseconds";

    private final Duration limit;
    private long spent;
    private long since;
    private boolean running;

    TimeRule(Duration limit) {
        Arguments.require(
                !limit.isZero() && !limit.isNegative(),
                "time out of range: seconds=" + seconds(limit) + ", limit=above 0");
        this.limit = limit;
    }

    @Override
    public void roundStarted(int round, List<Integer> cids) {
        if (!running) {
            running = true;
            since = System.nanoTime();
        }
    }

    @Override
    public void roundFinished(RoundReport report) {
        long now = System.nanoTime();
        spent += now - since;
        since = now;
    }

    @Override
    public void runFinished(Simulation.Summary summary) {
        running = false;
    }

    @Override
    public Optional<String> reason() {
        return Duration.ofNanos(spent).compareTo(limit) < 0
                ? Optional.empty()
                : Optional.of("rounds have taken " + spent / 1_000_000_000 + " s, at least " + seconds(limit) + " s");
    }

    private static String seconds(Duration time) {
        return BigDecimal.valueOf(time.getSeconds())
                .add(BigDecimal.valueOf(time.getNano(), 9))
                .stripTrailingZeros()
                .toPlainString();
    }

    @Override
    public void save(CheckpointWriter out) {
        out.put(ENTRY, spent);
    }

    @Override
    public void restore(CheckpointReader in) {
        spent = in.names().contains(ENTRY) ? in.get(ENTRY, Long.class) : 0;
    }
}
