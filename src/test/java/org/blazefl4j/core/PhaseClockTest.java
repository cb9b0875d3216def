package org.blazefl4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class PhaseClockTest {

    private long now = 1000;
    private final PhaseClock clock = new PhaseClock(() -> now);

    private static Map<Phase, Duration> nanos(Map<Phase, Integer> times) {
        return times.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, e -> Duration.ofNanos(e.getValue())));
    }

    @Test
    void shouldGiveEachMomentToThePhaseThatRuns() {
        now += 5;
        clock.enter(Phase.PUBLISH);
        now += 10;
        clock.enter(Phase.TRAIN);
        now += 200;
        clock.enter(Phase.PUBLISH);
        now += 1;
        clock.pause();

        assertThat(clock.times()).isEqualTo(PhaseTimes.of(nanos(Map.of(Phase.PUBLISH, 11, Phase.TRAIN, 200))));
    }

    @Test
    void shouldCountNothingWhileItStandsStill() {
        clock.enter(Phase.COLLECT);
        now += 3;
        clock.pause();
        now += 100;
        clock.pause();
        now += 100;
        clock.enter(Phase.COLLECT);
        now += 4;
        clock.pause();

        assertThat(clock.times()).isEqualTo(PhaseTimes.of(nanos(Map.of(Phase.COLLECT, 7))));
    }

    @Test
    void shouldGoOnWhenAPhaseIsEnteredTwice() {
        clock.enter(Phase.DEAL);
        now += 3;
        clock.enter(Phase.DEAL);
        now += 4;
        clock.pause();

        assertThat(clock.times().of(Phase.DEAL)).isEqualTo(Duration.ofNanos(7));
    }

    @Test
    void shouldNotChangeTimesThatWereTaken() {
        clock.enter(Phase.DEAL);
        now += 3;
        clock.pause();
        PhaseTimes taken = clock.times();
        clock.enter(Phase.DEAL);
        now += 3;
        clock.pause();

        assertThat(taken.total()).isEqualTo(Duration.ofNanos(3));
        assertThat(clock.times().total()).isEqualTo(Duration.ofNanos(6));
    }
}
