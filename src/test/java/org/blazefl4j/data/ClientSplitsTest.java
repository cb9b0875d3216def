package org.blazefl4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Clients' samples divided into training, validation and test. */
final class ClientSplitsTest {

    private static long[] positions(int from, int to) {
        return LongStream.range(from, to).toArray();
    }

    @Example
    void shouldGiveThePartsThatOneSeedAlwaysGives() {
        ClientSplits splits = ClientSplits.of(List.of(positions(0, 10), positions(10, 13)), 0.2, 0.3, 42);

        assertThat(splits.test().get(0)).containsExactly(2, 8, 9);
        assertThat(splits.validation().get(0)).containsExactly(5, 6);
        assertThat(splits.train().get(0)).hasSize(5);
        assertThat(splits.test().get(1)).hasSize(1);
        assertThat(splits.validation().get(1)).hasSize(1);
        assertThat(splits.train().get(1)).hasSize(1);
    }

    @Property(tries = 200)
    void shouldGiveEachSampleToOnePartOfItsClient(
            @ForAll @Size(min = 1, max = 5) List<@IntRange(min = 3, max = 60) Integer> sizes,
            @ForAll @DoubleRange(max = 0.33) double validation,
            @ForAll @DoubleRange(max = 0.33) double test,
            @ForAll long seed) {
        List<long[]> parts = new ArrayList<>();
        int end = 0;
        for (int size : sizes) {
            parts.add(positions(end, end + size));
            end += size;
        }
        ClientSplits splits = ClientSplits.of(parts, validation, test, seed);

        for (int cid = 0; cid < sizes.size(); cid++) {
            long[] train = splits.train().get(cid);
            long[] validating = splits.validation().get(cid);
            long[] testing = splits.test().get(cid);
            assertThat(LongStream.of(train)).isSorted().isNotEmpty();
            assertThat(LongStream.of(validating)).isSorted();
            assertThat(LongStream.of(testing)).isSorted();
            assertThat(LongStream.concat(
                            LongStream.of(train), LongStream.concat(LongStream.of(validating), LongStream.of(testing))))
                    .containsExactlyInAnyOrder(
                            LongStream.of(parts.get(cid)).boxed().toArray(Long[]::new));
            assertThat(testing.length).isBetween(test == 0 ? 0 : 1, (int) Math.ceil(test * sizes.get(cid)));
            assertThat(validating.length)
                    .isBetween(validation == 0 ? 0 : 1, (int) Math.ceil(validation * sizes.get(cid)));
        }
    }

    @Example
    void shouldNotDependOnOtherClients() {
        ClientSplits two = ClientSplits.of(List.of(positions(0, 9), positions(20, 40)), 0.1, 0.2, 7);
        ClientSplits other = ClientSplits.of(List.of(positions(0, 5), positions(20, 40)), 0.1, 0.2, 7);

        assertThat(two.test().get(1)).isEqualTo(other.test().get(1));
        assertThat(two.train().get(1)).isEqualTo(other.train().get(1));
        assertThat(ClientSplits.of(List.of(positions(0, 9), positions(20, 40)), 0.1, 0.2, 8)
                        .test()
                        .get(1))
                .isNotEqualTo(two.test().get(1));
    }

    @Example
    void shouldHoldOutNothingWithoutShares() {
        ClientSplits splits = ClientSplits.of(List.of(positions(0, 1)), 0, 0, 1);

        assertThat(splits.train().get(0)).containsExactly(0);
        assertThat(splits.validation().get(0)).isEmpty();
        assertThat(splits.test().get(0)).isEmpty();
    }

    @Example
    void shouldRefuseSharesAndSizesThatLeaveNothing() {
        List<long[]> parts = List.of(positions(0, 9), positions(9, 11));

        assertThatThrownBy(() -> ClientSplits.of(parts, 0.1, 0.1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("too few samples: client=1, samples=2, limit=3 or more, with one for training; hold out"
                        + " fewer, or partition for fewer clients");
        assertThatThrownBy(() -> ClientSplits.of(parts, -0.1, 0.1, 1))
                .hasMessage("validation out of range: validation=-0.1, limit=[0, 1)");
        assertThatThrownBy(() -> ClientSplits.of(parts, 0, Double.NaN, 1))
                .hasMessage("test out of range: test=NaN, limit=[0, 1)");
        assertThatThrownBy(() -> ClientSplits.of(parts, 0.5, 0.5, 1))
                .hasMessage("validation + test out of range: validation + test=1.0, limit=[0, 1)");
    }
}
