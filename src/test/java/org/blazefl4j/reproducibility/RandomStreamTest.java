package org.blazefl4j.reproducibility;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** Compares streams with LibTorch's generators. */
final class RandomStreamTest {

    /** Draws a permutation of so many numbers, or an integer if it is negative. */
    private static long[] draw(RandomStream stream, int n) {
        return n < 0 ? new long[] {stream.nextLong()} : stream.permutation(n);
    }

    private static Tensor drawByLibTorch(Generator generator, int n) {
        GeneratorOptional from = new GeneratorOptional(generator);
        return n < 0
                ? torch.empty(new long[] {1}, new TensorOptions(ScalarType.Long), null)
                        .random_(from)
                : torch.randperm(n, from);
    }

    @Property(tries = 200)
    void shouldDrawWhatLibTorchDrawsBeforeAndAfterItIsAsked(
            @ForAll long seed,
            @ForAll @Size(max = 8) List<@IntRange(min = -1, max = 700) Integer> inJava,
            @ForAll @Size(max = 3) List<@IntRange(min = -1, max = 700) Integer> byLibTorch) {
        try (PointerScope scope = new PointerScope();
                RandomStream stream = RandomStream.spread(seed)) {
            Generator generator = Generators.spread(seed);
            for (int n : inJava) {
                assertThat(Tensors.of(draw(stream, n)).equal(drawByLibTorch(generator, n)))
                        .isTrue();
            }
            Generator own = stream.generator();
            assertThat(stream.generator()).isSameAs(own);
            for (int n : byLibTorch) {
                Tensor expected = drawByLibTorch(generator, n);
                assertThat(Tensors.of(draw(stream, n)).equal(expected)).isTrue();
            }
            assertThat(drawByLibTorch(own, 700).equal(drawByLibTorch(generator, 700)))
                    .isTrue();
            assertThat(own.current_seed()).isEqualTo(generator.current_seed());
        }
    }

    @Test
    void shouldGoOnWhereThe624WordsEnd() {
        try (PointerScope scope = new PointerScope()) {
            for (int draws : new int[] {0, 1, 311, 312, 313, 624, 625}) {
                try (RandomStream stream = RandomStream.spread(5)) {
                    Generator generator = Generators.spread(5);
                    List<Long> found = new ArrayList<>();
                    for (int i = 0; i < draws; i++) {
                        found.add(stream.nextLong());
                        assertThat(found.get(i))
                                .isEqualTo(drawByLibTorch(generator, -1).item_long());
                    }
                    assertThat(drawByLibTorch(stream.generator(), 700).equal(drawByLibTorch(generator, 700)))
                            .isTrue();
                }
            }
        }
    }

    @Test
    void shouldDrawFromAGeneratorOfTheCaller() {
        try (PointerScope scope = new PointerScope()) {
            Generator generator = Generators.seeded(3);
            Generator same = Generators.seeded(3);
            try (RandomStream stream = RandomStream.of(generator)) {
                assertThat(stream.generator()).isSameAs(generator);
                assertThat(Tensors.of(stream.permutation(9)).equal(drawByLibTorch(same, 9)))
                        .isTrue();
            }
            assertThat(drawByLibTorch(generator, -1).equal(drawByLibTorch(same, -1)))
                    .isTrue();
        }
    }

    @Test
    void shouldBeTheStreamOfItsName() {
        try (RandomStream stream = RandomStreams.stream(42, 7, 3, "shuffle");
                Generator generator = RandomStreams.generator(42, 7, 3, "shuffle");
                RandomStream expected = RandomStream.of(generator)) {
            assertThat(stream.permutation(100)).isEqualTo(expected.permutation(100));
        }
    }
}
