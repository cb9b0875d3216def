package org.blazefl4j.contrib.fedavg;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

final class ClientSamplerTest {

    @Property
    void shouldDrawAscendingIdsOfTheFederationNoneTwice(
            @ForAll @IntRange(min = 1, max = 500) int numClients, @ForAll long seed, @ForAll int salt) {
        int count = 1 + Math.floorMod(salt, numClients);

        List<Integer> cids = ClientSampler.sample(numClients, count, new SplittableRandom(seed));

        assertThat(cids)
                .hasSize(count)
                .doesNotHaveDuplicates()
                .isSorted()
                .allMatch(cid -> cid >= 0 && cid < numClients);
    }

    @Test
    void shouldDrawEveryClientEquallyOften() {
        int[] drawn = new int[10];
        SplittableRandom random = new SplittableRandom(1);

        for (int i = 0; i < 10_000; i++) {
            ClientSampler.sample(10, 3, random).forEach(cid -> drawn[cid]++);
        }

        assertThat(drawn).satisfies(counts -> {
            for (int count : counts) {
                assertThat(count).isBetween(2800, 3200); // 3000 expected; 4.4 standard deviations
            }
        });
    }

    @Test
    void shouldDrawAllClientsWhenAllAreAskedFor() {
        assertThat(ClientSampler.sample(50, 50, new SplittableRandom(1)))
                .isEqualTo(IntStream.range(0, 50).boxed().toList());
    }

    @Test
    void shouldKeepItsDrawsOnEveryJavaVersion() {
        assertThat(ClientSampler.sample(100, 8, new SplittableRandom(42)))
                .containsExactly(10, 21, 57, 61, 65, 66, 76, 88);
    }
}
