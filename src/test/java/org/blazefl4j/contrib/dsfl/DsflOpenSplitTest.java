package org.blazefl4j.contrib.dsfl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.blazefl4j.data.Partitioner;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

final class DsflOpenSplitTest {

    @Property(tries = 100)
    void shouldPutEverySampleIntoExactlyOnePart(
            @ForAll @IntRange(min = 2, max = 200) int samples,
            @ForAll long seed,
            @ForAll @IntRange(max = 197) int more) {
        int openSize = 1 + more % (samples - 1);
        DsflOpenSplit split = DsflOpenSplit.of(samples, openSize, seed);

        assertThat(split.open()).hasSize(openSize).isSorted();
        assertThat(split.others()).isSorted();
        assertThat(LongStream.concat(Arrays.stream(split.open()), Arrays.stream(split.others()))
                        .sorted())
                .containsExactlyElementsOf(LongStream.range(0, samples).boxed().toList());
    }

    @Test
    void shouldDependOnTheSeedAlone() {
        assertThat(DsflOpenSplit.of(1000, 100, 1).open())
                .containsExactly(DsflOpenSplit.of(1000, 100, 1).open())
                .isNotEqualTo(DsflOpenSplit.of(1000, 100, 2).open());
    }

    @Test
    void shouldUseTenThousandOrAFifthByDefault() {
        assertThat(DsflOpenSplit.defaultSize(60_000)).isEqualTo(10_000);
        assertThat(DsflOpenSplit.defaultSize(10_000)).isEqualTo(2_000);
        assertThat(DsflOpenSplit.defaultSize(3)).isEqualTo(1);
    }

    @Test
    void shouldDivideThePrivateSamplesAmongTheClients() {
        DsflOpenSplit split = DsflOpenSplit.of(12, 4, 7);
        long[] classes = LongStream.range(0, 12).map(i -> i % 2).toArray();
        try (Tensor labels = Tensors.of(classes)) {
            List<long[]> parts = split.divide(labels, Partitioner.shards(2), 2, 42);

            assertThat(parts).hasSize(2);
            assertThat(LongStream.concat(Arrays.stream(parts.get(0)), Arrays.stream(parts.get(1)))
                            .sorted())
                    .containsExactly(Arrays.stream(split.others()).boxed().toArray(Long[]::new));
            assertThat(parts)
                    .as("one of two shards has a single class, with positions in the whole data set")
                    .anyMatch(part -> Arrays.stream(part)
                                    .map(i -> classes[(int) i])
                                    .distinct()
                                    .count()
                            == 1);
        }
    }

    @Test
    void shouldRefuseASplitWithAnEmptyPart() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DsflOpenSplit.of(10, 10, 42))
                .withMessage("open set out of range: open_size=10, limit=1 to 9; leave some of the 10 samples to the"
                        + " clients");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DsflOpenSplit.of(10, 0, 42))
                .withMessageStartingWith("open set out of range: open_size=0, limit=1 to 9");
    }

    @Test
    void shouldRefuseLabelsOfAnotherDataSet() {
        try (Tensor labels = Tensors.of(new long[9])) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> DsflOpenSplit.of(10, 5, 42).divide(labels, Partitioner.shards(2), 2, 42))
                    .withMessage("labels of another data set: labels=9, expected=10; give one label per sample that was"
                            + " split");
        }
    }
}
