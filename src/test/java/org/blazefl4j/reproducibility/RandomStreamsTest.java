package org.blazefl4j.reproducibility;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** The fixed numbers come from an implementation in Python, with hashlib and random.setstate. */
final class RandomStreamsTest {

    @Test
    void shouldKeepItsSeedsInEveryVersion() {
        assertThat(RandomStreams.seed(42, 3, 1, "shuffle")).isEqualTo(2779668459081879627L);
        assertThat(RandomStreams.seed(-1, -1, 0, "é")).isEqualTo(-7659801713561963925L);
    }

    @Test
    void shouldKeepAGeneratorsNumbersInEveryVersion() {
        try (Generator generator = RandomStreams.generator(42, 3, 1, "shuffle")) {
            assertThat(draws(generator, 5)).containsExactly(14923420L, 5023556L, 6422432L, 7811170L, 8981333L);
        }
    }

    @Test
    void shouldKeepTheJavaStreamsNumbersInEveryVersion() {
        SplitMix64 random = new SplitMix64(0);

        assertThat(List.of(random.nextLong(), random.nextLong(), random.nextLong()))
                .containsExactly(0xe220a8397b1dcdafL, 0x6e789e6aa1b965f4L, 0x06c45d188009454fL);
    }

    @Test
    void shouldGiveOtherNumbersIfAnyPartDiffers() {
        List<List<Long>> streams = new ArrayList<>();
        for (long seed : new long[] {42, 42 + (1L << 32), 43}) {
            for (int cid : new int[] {0, 1}) {
                for (int round : new int[] {0, 1}) {
                    for (String purpose : List.of("shuffle", "dropout")) {
                        try (Generator generator = RandomStreams.generator(seed, cid, round, purpose)) {
                            streams.add(draws(generator, 4));
                        }
                    }
                }
            }
        }

        assertThat(streams).hasSize(24).doesNotHaveDuplicates();
    }

    @Test
    void shouldNotRepeatSeedsInALargeExperiment() {
        Set<Long> seeds = new HashSet<>();
        for (int round = 0; round < 100; round++) {
            for (int cid = 0; cid < 1_000; cid++) {
                seeds.add(RandomStreams.seed(42, cid, round, "shuffle"));
            }
        }

        assertThat(seeds).hasSize(100_000);
    }

    @Test
    void shouldUseBothHalvesOfTheSeed() {
        try (Generator low = Generators.spread(5);
                Generator high = Generators.spread(5 + (1L << 32))) {
            assertThat(draws(low, 4)).isNotEqualTo(draws(high, 4));
        }
    }

    static List<Long> draws(Generator generator, int count) {
        try (PointerScope scope = new PointerScope()) {
            Tensor drawn = torch.randint(1 << 24, new long[] {count}, new GeneratorOptional(generator));
            List<Long> numbers = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                numbers.add(drawn.get(i).item_long());
            }
            return numbers;
        }
    }
}
