package org.blazefl4j.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.blazefl4j.core.PhaseTimes;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.trainer.ExecutionMode;
import org.junit.jupiter.api.Test;

final class MeasurementTest {

    private static final LabCase CASE = new LabCase(new EmptyWork(10), ExecutionMode.MULTI_THREADED, 2, 3);
    private static final Duration HOUR = Duration.ofHours(1);

    private final List<Integer> told = new ArrayList<>();
    private final LabListener listener = new LabListener() {
        @Override
        public void roundMeasured(LabCase which, int rounds) {
            assertThat(which).isSameAs(CASE);
            told.add(rounds);
        }
    };
    private int bareLoops;
    private int stops;
    private boolean stopped;

    private Measurement measurement(int rounds, int warmUps, Duration limit) {
        return new Measurement(
                CASE,
                new LabOptions(rounds, warmUps, limit),
                () -> nanos(100 * ++bareLoops),
                () -> stopped,
                () -> stops++,
                listener);
    }

    private static Duration nanos(long nanos) {
        return Duration.ofNanos(nanos);
    }

    private static RoundReport report(long train) {
        PhaseTimes phases = new PhaseTimes(Map.of(
                Phase.SAMPLE, nanos(7),
                Phase.PUBLISH, nanos(30),
                Phase.TRAIN, nanos(train),
                Phase.AGGREGATE, nanos(70),
                Phase.EVALUATE, nanos(500)));
        return new RoundReport(0, List.of(), List.of(), 0, List.of(), Map.of(), phases);
    }

    @Test
    void shouldMeasureRoundsAfterTheWarmUps() {
        Measurement measurement = measurement(2, 1, HOUR);
        measurement.roundFinished(report(999));
        measurement.roundFinished(report(300));
        measurement.roundFinished(report(500));

        CaseResult result = measurement.result().orElseThrow();
        assertThat(result.which()).isSameAs(CASE);
        assertThat(result.rounds()).isEqualTo(2);
        assertThat(result.round().p50()).isEqualTo(nanos(907));
        assertThat(result.round().max()).isEqualTo(nanos(1107));
        assertThat(result.phases()).containsOnlyKeys(Phase.values());
        assertThat(result.phases().get(Phase.TRAIN).p50()).isEqualTo(nanos(300));
        assertThat(result.phases().get(Phase.TRAIN).max()).isEqualTo(nanos(500));
        assertThat(result.phases().get(Phase.DEAL).max()).isZero();
        assertThat(result.bare().p50()).isEqualTo(nanos(200));
        assertThat(result.bare().max()).isEqualTo(nanos(300));
        assertThat(told).containsExactly(1, 2);
    }

    @Test
    void shouldCompareEachBareLoopWithItsRoundWithoutSamplingAndEvaluation() {
        Measurement measurement = measurement(2, 0, HOUR);
        measurement.roundFinished(report(100)); // 100 over 200
        measurement.roundFinished(report(150)); // 200 over 250

        assertThat(measurement.result().orElseThrow().efficiency()).isEqualTo(Quartiles.of(0.5, 0.8));
    }

    @Test
    void shouldStopAfterItsRounds() {
        Measurement measurement = measurement(2, 1, HOUR);
        measurement.roundFinished(report(1));
        measurement.roundFinished(report(1));
        assertThat(stops).isZero();
        measurement.roundFinished(report(1));
        assertThat(stops).isOne();
    }

    @Test
    void shouldMeasureAtLeastOneRoundAfterOneWarmUp() {
        Measurement measurement = measurement(30, 10, nanos(1));
        measurement.roundFinished(report(1));
        assertThat(stops).isZero();
        measurement.roundFinished(report(1));

        assertThat(stops).isOne();
        assertThat(measurement.result().orElseThrow().rounds()).isOne();
    }

    @Test
    void shouldOmitAPairInWhichItWasStopped() {
        Measurement measurement = measurement(30, 0, HOUR);
        measurement.roundFinished(report(1));
        stopped = true;
        measurement.roundFinished(report(1));

        assertThat(measurement.result().orElseThrow().rounds()).isOne();
        assertThat(told).containsExactly(1);
    }

    @Test
    void shouldHaveNoResultWithoutARound() {
        Measurement measurement = measurement(30, 1, HOUR);
        measurement.roundFinished(report(1));

        assertThat(measurement.result()).isEmpty();
    }
}
