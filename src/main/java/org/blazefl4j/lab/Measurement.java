package org.blazefl4j.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;

/** Records the times of a case's rounds, runs the bare loop after each, and stops the simulation in time. */
final class Measurement implements RoundListener<Object> {

    /** Warm-up rounds may take the time limit divided by this. */
    private static final int WARM_UP_DIVISOR = 4;

    private static final int SIGNIFICANT_DIGITS = 3;

    private final LabCase which;
    private final LabOptions options;
    private final Supplier<Duration> bareLoop;
    private final BooleanSupplier stopped;
    private final Runnable stop;
    private final LabListener listener;
    private final long start = System.nanoTime();
    private final Histogram rounds = new Histogram(SIGNIFICANT_DIGITS);
    private final Histogram bare = new Histogram(SIGNIFICANT_DIGITS);
    private final Map<Phase, Histogram> phases = new EnumMap<>(Phase.class);
    private final List<Double> efficiencies = new ArrayList<>();

    /** Rounds left that are not measured. */
    private int warmUps;

    /**
     * Creates a measurement and starts its clock.
     *
     * @param bareLoop does the work of a round and returns its time
     * @param stopped whether a stop was requested, in which case the bare loop may have skipped work
     * @param stop stops the simulation
     */
    Measurement(
            LabCase which,
            LabOptions options,
            Supplier<Duration> bareLoop,
            BooleanSupplier stopped,
            Runnable stop,
            LabListener listener) {
        this.which = which;
        this.options = options;
        this.bareLoop = bareLoop;
        this.stopped = stopped;
        this.stop = stop;
        this.listener = listener;
        this.warmUps = options.warmUps();
        for (Phase phase : Phase.values()) {
            phases.put(phase, new Histogram(SIGNIFICANT_DIGITS));
        }
    }

    @Override
    public void roundFinished(RoundReport report) {
        Duration bareTime = bareLoop.get();
        if (stopped.getAsBoolean()) {
            return;
        }
        if (warmUps > 0) {
            warmUps = isOver(options.timeLimit().dividedBy(WARM_UP_DIVISOR)) ? 0 : warmUps - 1;
        } else {
            add(report, bareTime);
        }
    }

    private void add(RoundReport report, Duration bareTime) {
        rounds.recordValue(report.total().toNanos());
        bare.recordValue(bareTime.toNanos());
        phases.forEach(
                (phase, times) -> times.recordValue(report.phases().of(phase).toNanos()));
        Duration framework = report.training().plus(report.aggregation());
        efficiencies.add((double) bareTime.toNanos() / framework.toNanos());
        listener.roundMeasured(which, efficiencies.size());
        if (efficiencies.size() >= options.rounds() || isOver(options.timeLimit())) {
            stop.run();
        }
    }

    private boolean isOver(Duration limit) {
        return System.nanoTime() - start >= limit.toNanos();
    }

    /** Returns what was measured; empty if no round was. */
    Optional<CaseResult> result() {
        if (efficiencies.isEmpty()) {
            return Optional.empty();
        }
        Map<Phase, Latencies> byPhase = new EnumMap<>(Phase.class);
        phases.forEach((phase, times) -> byPhase.put(phase, Latencies.of(times)));
        double[] ratios = efficiencies.stream().mapToDouble(Double::doubleValue).toArray();
        return Optional.of(new CaseResult(
                which, ratios.length, Latencies.of(rounds), byPhase, Latencies.of(bare), Quartiles.of(ratios)));
    }
}
