package org.blazefl4j.reproducibility;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

final class SamplingTest {

    @Property
    void shouldDrawDistinctAscendingNumbers(
            @ForAll @IntRange(min = 1, max = 500) int population, @ForAll long seed, @ForAll int salt) {
        int count = 1 + Math.floorMod(salt, population);

        List<Integer> cids = RandomStreams.sample(population, count, new SplitMix64(seed));

        assertThat(cids)
                .hasSize(count)
                .doesNotHaveDuplicates()
                .isSorted()
                .allMatch(cid -> cid >= 0 && cid < population);
    }

    @Test
    void shouldDrawEachEquallyOften() {
        int[] drawn = new int[10];
        SplitMix64 random = new SplitMix64(1);

        for (int i = 0; i < 10_000; i++) {
            RandomStreams.sample(10, 3, random).forEach(cid -> drawn[cid]++);
        }

        assertThat(drawn).satisfies(counts -> {
            for (int count : counts) {
                assertThat(count).isBetween(2800, 3200); // 3000 expected; 4.4 standard deviations
            }
        });
    }

    @Test
    void shouldDrawAllClientsWhenAllAreAskedFor() {
        assertThat(RandomStreams.sample(50, 50, new SplitMix64(1)))
                .isEqualTo(IntStream.range(0, 50).boxed().toList());
    }

    @Test
    void shouldKeepItsDrawsOnEveryJavaVersion() {
        assertThat(RandomStreams.sample(100, 8, new SplitMix64(42))).containsExactly(7, 16, 26, 29, 36, 74, 81, 87);
    }

    @Test
    void shouldRefuseToDrawMoreThanAllClients() {
        assertThatThrownBy(() -> RandomStreams.sample(3, 4, new SplitMix64(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("sample out of range: count=4, limit=[0, 3]; draw no more than there are");
    }
}
