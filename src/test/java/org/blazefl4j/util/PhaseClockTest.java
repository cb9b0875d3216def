package org.blazefl4j.util;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class PhaseClockTest {

    private enum Phase {
        PUBLISH,
        DEAL,
        TRAIN
    }

    private long now = 1000;
    private final PhaseClock<Phase> clock = new PhaseClock<>(Phase.class, () -> now);

    private static Map<Phase, Duration> nanos(int publish, int deal, int train) {
        return Map.of(
                Phase.PUBLISH, Duration.ofNanos(publish),
                Phase.DEAL, Duration.ofNanos(deal),
                Phase.TRAIN, Duration.ofNanos(train));
    }

    @Test
    void shouldAddTimeToTheCurrentPhase() {
        now += 5;
        clock.enter(Phase.PUBLISH);
        now += 10;
        clock.enter(Phase.TRAIN);
        now += 200;
        clock.enter(Phase.PUBLISH);
        now += 1;
        clock.pause();

        assertThat(clock.times()).isEqualTo(nanos(11, 0, 200));
    }

    @Test
    void shouldCountNothingWhileStopped() {
        clock.enter(Phase.TRAIN);
        now += 3;
        clock.pause();
        now += 100;
        clock.pause();
        now += 100;
        clock.enter(Phase.TRAIN);
        now += 4;
        clock.pause();

        assertThat(clock.times()).isEqualTo(nanos(0, 0, 7));
    }

    @Test
    void shouldContinueAPhaseThatIsEnteredTwice() {
        clock.enter(Phase.DEAL);
        now += 3;
        clock.enter(Phase.DEAL);
        now += 4;
        clock.pause();

        assertThat(clock.times()).isEqualTo(nanos(0, 7, 0));
    }

    @Test
    void shouldNotChangeReturnedTimes() {
        clock.enter(Phase.DEAL);
        now += 3;
        clock.pause();
        Map<Phase, Duration> taken = clock.times();
        clock.enter(Phase.DEAL);
        now += 3;
        clock.pause();

        assertThat(taken).isEqualTo(nanos(0, 3, 0));
        assertThat(clock.times()).isEqualTo(nanos(0, 6, 0));
    }
}
