package org.blazefl4j.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

final class PartitionTest {

    @Provide
    Arbitrary<Partition> partitions() {
        return Arbitraries.integers()
                .between(1, 5)
                .flatMap(classes -> Arbitraries.longs()
                        .between(0, 100)
                        .array(long[].class)
                        .ofSize(classes)
                        .list()
                        .ofMinSize(1)
                        .ofMaxSize(8)
                        .map(Partition::new));
    }

    @Test
    void shouldCountTheSamplesOfEachClass() {
        Partition partition =
                Partition.of(new long[] {0, 2, 2, 1, 0}, List.of(new long[] {0, 1, 2}, new long[] {4, 3}), 3);

        assertThat(partition).isEqualTo(new Partition(List.of(new long[] {1, 0, 2}, new long[] {1, 1, 0})));
        assertThat(partition.sizes()).containsExactly(3, 2);
        assertThat(partition.globalMix()).containsExactly(0.4, 0.2, 0.4);
    }

    /** Half of the absolute differences to (1/2, 1/2). */
    @Test
    void shouldMeasureTheDistanceToTheGlobalMix() {
        Partition partition =
                new Partition(List.of(new long[] {10, 0}, new long[] {0, 10}, new long[] {5, 5}, new long[] {0, 0}));

        assertThat(partition.distances()).containsExactly(0.5, 0.5, 0, Double.NaN);
    }

    @Test
    void shouldMeasureHowUnequalSizesAre() {
        assertThat(new Partition(List.of(new long[] {5}, new long[] {5})).gini())
                .isZero();
        assertThat(new Partition(List.of(new long[] {0}, new long[] {0}, new long[] {0}, new long[] {8})).gini())
                .as("one of four has all")
                .isEqualTo(0.75);
        assertThat(new Partition(List.of(new long[] {1}, new long[] {3})).gini())
                .isEqualTo(0.25);
    }

    @Property
    void shouldKeepItsMeasuresInTheirBounds(@ForAll("partitions") Partition partition) {
        assertThat(partition.gini()).isBetween(0.0, 1.0);
        assertThat(Arrays.stream(partition.distances()).filter(Double::isFinite))
                .allSatisfy(distance -> assertThat(distance).isBetween(0.0, 1.0));
    }

    /** The Gini coefficient is the mean difference of all pairs over twice the mean. */
    @Property
    void shouldAgreeWithTheDifferencesOfAllPairs(@ForAll("partitions") Partition partition) {
        long[] sizes = partition.sizes();
        double differences = 0;
        for (long one : sizes) {
            differences += Arrays.stream(sizes)
                    .mapToDouble(each -> Math.abs(one - each))
                    .sum();
        }
        double all = Arrays.stream(sizes).sum();

        assertThat(partition.gini()).isEqualTo(all == 0 ? 0 : differences / (2 * sizes.length * all), within(1e-12));
    }

    @Property
    void shouldBeTheSameAfterAResultFile(@ForAll("partitions") Partition partition) throws IOException {
        Map<String, Object> read = JSON.std.mapFrom(JSON.std.asString(partition.toMap()));

        assertThat(Partition.from(read)).contains(partition);
    }

    @Test
    void shouldReadNothingFromOtherLines() {
        assertThat(Partition.from(Map.of())).isEmpty();
        assertThat(Partition.from(Map.of("samples", List.of()))).isEmpty();
        assertThat(Partition.from(Map.of("samples", List.of(List.of(1), List.of(1, 2)))))
                .isEmpty();
        assertThat(Partition.from(Map.of("samples", List.of("x")))).isEmpty();
    }
}
