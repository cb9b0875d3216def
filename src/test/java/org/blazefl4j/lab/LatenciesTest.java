package org.blazefl4j.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.HdrHistogram.Histogram;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

final class LatenciesTest {

    private static Latencies of(LongStream nanos) {
        Histogram times = new Histogram(3);
        nanos.forEach(times::recordValue);
        return Latencies.of(times);
    }

    @Test
    void shouldGiveThePercentilesOfOneToAHundred() {
        assertThat(of(LongStream.rangeClosed(1, 100)))
                .isEqualTo(new Latencies(
                        Duration.ofNanos(51), // 50.5
                        Duration.ofNanos(50),
                        Duration.ofNanos(90),
                        Duration.ofNanos(99),
                        Duration.ofNanos(100)));
    }

    @Test
    void shouldUseASingleTimeForAllPercentiles() {
        Duration time = Duration.ofNanos(7);

        assertThat(of(LongStream.of(7))).isEqualTo(new Latencies(time, time, time, time, time));
    }

    @Test
    void shouldCountZeroTimes() {
        assertThat(of(LongStream.of(0, 0, 0, 8)).p50()).isZero();
    }

    @Property(tries = 200)
    void shouldBeWithinAThousandthOfTheNearestRank(
            @ForAll @Size(min = 1, max = 300) List<@LongRange(max = 3_600_000_000_000L) Long> nanos) {
        Latencies latencies = of(nanos.stream().mapToLong(Long::longValue));

        long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
        assertNear(latencies.p50(), sorted, 0.50);
        assertNear(latencies.p90(), sorted, 0.90);
        assertNear(latencies.p99(), sorted, 0.99);
        assertNear(latencies.max(), sorted, 1);
    }

    private static void assertNear(Duration found, long[] sorted, double share) {
        int rank = (int) Math.ceil(share * sorted.length);
        assertThat(found.toNanos()).isCloseTo(sorted[rank - 1], Percentage.withPercentage(0.1));
    }
}
