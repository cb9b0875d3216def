package org.blazefl4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.junit.jupiter.api.Test;

final class PhaseTimesTest {

    private static final PhaseTimes SOME = new PhaseTimes(
            Map.of(Phase.SAMPLE, Duration.ofNanos(1), Phase.TRAIN, Duration.ofNanos(20), Phase.EVALUATE, nanos(300)));

    private static Duration nanos(long nanos) {
        return Duration.ofNanos(nanos);
    }

    @Test
    void shouldKeepEachPhasesTimeAndTheirSum() {
        assertThat(SOME.of(Phase.TRAIN)).isEqualTo(nanos(20));
        assertThat(SOME.of(Phase.DEAL)).isZero();
        assertThat(SOME.total()).isEqualTo(nanos(321));
        assertThat(PhaseTimes.NONE.total()).isZero();
    }

    @Test
    void shouldAddTimesPhaseByPhase() {
        assertThat(SOME.plus(new PhaseTimes(Map.of(Phase.DEAL, nanos(5), Phase.TRAIN, nanos(1)))))
                .isEqualTo(new PhaseTimes(Map.of(
                        Phase.SAMPLE, nanos(1),
                        Phase.DEAL, nanos(5),
                        Phase.TRAIN, nanos(21),
                        Phase.EVALUATE, nanos(300))));
    }

    @Test
    void shouldDivideAPhaseAndGiveTheRestToAnother() {
        PhaseTimes parts = new PhaseTimes(Map.of(Phase.PUBLISH, nanos(2), Phase.TRAIN, nanos(13)));

        PhaseTimes divided = SOME.divide(Phase.TRAIN, parts, Phase.COLLECT);

        assertThat(divided)
                .isEqualTo(new PhaseTimes(Map.of(
                        Phase.SAMPLE, nanos(1),
                        Phase.PUBLISH, nanos(2),
                        Phase.TRAIN, nanos(13),
                        Phase.COLLECT, nanos(5),
                        Phase.EVALUATE, nanos(300))));
        assertThat(divided.total()).isEqualTo(SOME.total());
    }

    @Test
    void shouldKeepAPhaseWithoutKnownParts() {
        assertThat(SOME.divide(Phase.TRAIN, PhaseTimes.NONE, Phase.COLLECT)).isEqualTo(SOME);
    }

    @Test
    void shouldNotSubtractMoreThanThePhasesTime() {
        PhaseTimes parts = new PhaseTimes(Map.of(Phase.DEAL, nanos(25)));

        PhaseTimes divided = SOME.divide(Phase.TRAIN, parts, Phase.COLLECT);

        assertThat(divided.of(Phase.DEAL)).isEqualTo(nanos(25));
        assertThat(divided.of(Phase.COLLECT)).isZero();
    }

    @Test
    void shouldRefuseANegativeTime() {
        assertThatThrownBy(() -> new PhaseTimes(Map.of(Phase.DEAL, nanos(-1))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("negative time: phase=DEAL, time=PT-0.000000001S, limit=PT0S or more");
    }

    @Test
    void shouldPrintEachPhase() {
        assertThat(SOME)
                .hasToString("{SAMPLE=PT0.000000001S, PUBLISH=PT0S, DEAL=PT0S, TRAIN=PT0.00000002S,"
                        + " COLLECT=PT0S, AGGREGATE=PT0S, EVALUATE=PT0.0000003S}");
    }
}
