package org.blazefl4j.contrib.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ScheduleTest {

    private static double[] rounds(Schedule schedule, int count) {
        return IntStream.range(0, count)
                .mapToDouble(round -> schedule.factor(round, 0))
                .toArray();
    }

    @Test
    void shouldKeepTheRate() {
        assertThat(rounds(Schedule.constant(), 3)).containsExactly(1, 1, 1);
    }

    @Test
    void shouldLowerTheRateEverySoManyRounds() {
        assertThat(rounds(Schedule.step(2, 0.5), 5)).containsExactly(1, 1, 0.5, 0.5, 0.25);
        assertThat(rounds(Schedule.exponential(0.5), 4)).containsExactly(1, 0.5, 0.25, 0.125);
    }

    @Test
    void shouldLowerTheRateAlongHalfACosineAndKeepItThen() {
        assertThat(rounds(Schedule.cosine(4, 0.5), 6))
                .containsExactly(
                        new double[] {1, 0.75 + 0.25 * Math.sqrt(0.5), 0.75, 0.75 - 0.25 * Math.sqrt(0.5), 0.5, 0.5},
                        within(1e-15));
        assertThat(Schedule.cosine(3, 0).factor(3, 0)).isZero();
    }

    @Test
    void shouldGrowToTheFullRateBeforeItGoesDown() {
        assertThat(rounds(Schedule.exponential(0.5).withWarmUp(3), 6)).containsExactly(0.25, 0.5, 0.75, 1, 0.5, 0.25);
    }

    @Test
    void shouldCountAClientsStepsInsteadOfRounds() {
        Schedule schedule = Schedule.step(2, 0.5).withStepsForRounds();
        assertThat(schedule.factor(7, 0)).isEqualTo(1);
        assertThat(schedule.factor(0, 5)).isEqualTo(0.25);
    }

    @Test
    void shouldRefuseValuesOutOfRangeByName() {
        refuses(() -> Schedule.step(0, 0.5), "schedule too short: length=0, warm_up=0, limit=1 or more, and 0 or more");
        refuses(
                () -> Schedule.constant().withWarmUp(-1),
                "schedule too short: length=1, warm_up=-1, limit=1 or more, and 0 or more");
        refuses(
                () -> Schedule.exponential(0),
                "factor of the schedule out of range: factor=0.0, limit=above 0 and at most 1");
        refuses(() -> Schedule.cosine(5, 1.1), "factor of the schedule out of range: factor=1.1, limit=[0, 1]");
        refuses(() -> Schedule.cosine(5, Double.NaN), "factor of the schedule out of range: factor=NaN, limit=[0, 1]");
    }

    private static void refuses(Runnable making, String message) {
        assertThatIllegalArgumentException().isThrownBy(making::run).withMessage(message);
    }
}
