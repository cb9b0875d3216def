package org.blazefl4j.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.statistics.Statistics;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Handles and layouts are checked before they become addresses. */
class ShmHandleTest {

    private static TensorLayout floats(long... sizes) {
        return new TensorLayout(ScalarType.Float, sizes, TensorLayout.contiguous(sizes));
    }

    @Test
    void shouldAcceptPlacesWithinTheSegment() {
        assertThatCode(() -> new ShmHandle(1, 1, 0, floats(4, 4)).checkWithin(64))
                .doesNotThrowAnyException();
        assertThatCode(() -> new ShmHandle(1, 1, 64, floats(0)).checkWithin(64)).doesNotThrowAnyException();
        assertThatCode(() -> new ShmHandle(1, 1, 60, floats()).checkWithin(64)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(longs = {-4, 4, 64, 1L << 62, Long.MAX_VALUE, Long.MIN_VALUE})
    void shouldRefusePlacesOutsideOfTheSegment(long offset) {
        assertThatThrownBy(() -> new ShmHandle(5, 1, offset, floats(4, 4)).checkWithin(64))
                .isExactlyInstanceOf(PackageFormatException.class)
                .hasMessage(
                        "handle outside of its segment: segment=5, offset=" + offset + ", bytes=64, limit=64 bytes");
    }

    @Test
    void shouldRefuseAddressesThatAreNotAligned() {
        assertThatThrownBy(() -> new ShmHandle(5, 1, 6, floats(2)).checkWithin(64))
                .isExactlyInstanceOf(PackageFormatException.class)
                .hasMessage("handle not aligned: segment=5, offset=6, expected=a multiple of 4 bytes");
    }

    @Test
    void shouldRefuseHandlesOfAnotherGeneration() {
        ShmHandle handle = new ShmHandle(5, 2, 0, floats(2));
        handle.checkGeneration(2);
        assertThatThrownBy(() -> handle.checkGeneration(3))
                .isExactlyInstanceOf(PackageFormatException.class)
                .hasMessage("handle is stale: segment=5, generation=2, expected=3");
    }

    @Property
    void shouldRefuseEveryPlaceThatEndsBeyondTheSegment(
            @ForAll long offset,
            @ForAll @LongRange(min = 0) long segmentBytes,
            @ForAll @LongRange(min = 0, max = 1L << 40) long numel) {
        ShmHandle handle = new ShmHandle(1, 1, offset, floats(numel));
        boolean within = offset >= 0 && offset % 4 == 0 && Math.subtractExact(segmentBytes, 4 * numel) >= offset;
        if (within) {
            assertThatCode(() -> handle.checkWithin(segmentBytes)).doesNotThrowAnyException();
        } else {
            assertThatThrownBy(() -> handle.checkWithin(segmentBytes))
                    .isExactlyInstanceOf(PackageFormatException.class);
        }
    }

    @Test
    void shouldRefuseLayoutsThatAreNotDense() {
        assertRefused(
                new long[] {2, 3},
                new long[] {4, 1},
                "sizes=[2, 3], strides=[4, 1], expected=strides without gaps or overlap");
        assertRefused(
                new long[] {2, 2},
                new long[] {1, 1},
                "sizes=[2, 2], strides=[1, 1], expected=strides without gaps or overlap");
        assertRefused(
                new long[] {3}, new long[] {0}, "sizes=[3], strides=[0], expected=strides without gaps or overlap");
        assertRefused(
                new long[] {3}, new long[] {-1}, "sizes=[3], strides=[-1], expected=strides without gaps or overlap");
        assertRefused(
                new long[] {1}, new long[] {2}, "sizes=[1], strides=[2], expected=strides without gaps or overlap");
        assertRefused(
                new long[] {0}, new long[] {7}, "sizes=[0], strides=[7], expected=strides without gaps or overlap");
    }

    @Test
    void shouldRefuseSizesThatOverflow() {
        String limit = ", expected=none negative, less than 2^63 bytes together";
        assertRefused(new long[] {-1}, new long[] {1}, "sizes=[-1]" + limit);
        assertRefused(new long[] {1L << 61}, new long[] {1}, "sizes=[2305843009213693952]" + limit);
        assertRefused(
                new long[] {1L << 31, 1L << 31}, new long[] {1L << 31, 1}, "sizes=[2147483648, 2147483648]" + limit);
        assertRefused(new long[] {0, 1L << 62}, new long[] {1L << 62, 1}, "sizes=[0, 4611686018427387904]" + limit);
        assertRefused(new long[] {Long.MIN_VALUE}, new long[] {1}, "sizes=[-9223372036854775808]" + limit);
    }

    @Test
    void shouldRefuseTooManyDimensionsAndUnequalNumbersOfThem() {
        long[] ones = new long[65];
        Arrays.fill(ones, 1);
        assertRefused(ones, ones, "dimensions=65, strides=65, expected=as many strides as dimensions, at most 64");
        assertRefused(
                new long[2],
                new long[1],
                "dimensions=2, strides=1, expected=as many strides as dimensions, at most 64");
        assertThatThrownBy(() -> new TensorLayout(ScalarType.QInt8, new long[0], new long[0]))
                .hasMessage(
                        "no dense tensor layout: dtype=QInt8, expected=dtypes of whole bytes that are not quantized");
        assertThatThrownBy(() -> new TensorLayout(ScalarType.Undefined, new long[0], new long[0]))
                .hasMessageContaining("dtype=Undefined");
    }

    private static void assertRefused(long[] sizes, long[] strides, String text) {
        assertThatThrownBy(() -> new TensorLayout(ScalarType.Float, sizes, strides))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage("no dense tensor layout: " + text);
    }

    /** Generates dimensions with strides that are dense, in any order, or not dense. */
    @Provide
    Arbitrary<long[][]> dimensions() {
        Arbitrary<long[]> anySizes =
                Arbitraries.longs().between(0, 3).array(long[].class).ofMaxSize(4);
        return anySizes.flatMap(sizes -> {
            Arbitrary<long[]> any =
                    Arbitraries.longs().between(0, 9).array(long[].class).ofSize(sizes.length);
            List<Integer> order = IntStream.range(0, sizes.length).boxed().toList();
            Arbitrary<long[]> dense = Arbitraries.shuffle(order).map(shuffled -> dense(sizes, shuffled));
            return Arbitraries.oneOf(any, dense).map(strides -> new long[][] {sizes, strides});
        });
    }

    private static long[] dense(long[] sizes, List<Integer> order) {
        long[] strides = new long[sizes.length];
        long next = 1;
        for (int dimension : order) {
            strides[dimension] = next;
            next *= Math.max(1, sizes[dimension]);
        }
        return strides;
    }

    /** Every accepted layout reaches each of its elements once: offsets are 0 to numel - 1. */
    @Property
    void shouldAcceptExactlyTheLayoutsThatReachEachElementOnce(@ForAll("dimensions") long[][] dimensions) {
        long[] sizes = dimensions[0];
        long[] strides = dimensions[1];
        long numel = Arrays.stream(sizes).reduce(1, (a, b) -> a * b);
        boolean[] reached = new boolean[(int) numel];
        boolean dense = numel == 0
                ? Arrays.equals(strides, TensorLayout.contiguous(sizes))
                : reach(0, 0, sizes, strides, reached) && unusedStridesAreSmall(sizes, strides, numel);
        Statistics.label("dense").collect(dense).coverage(both -> {
            both.check(true).count(count -> count > 100);
            both.check(false).count(count -> count > 100);
        });
        if (dense) {
            TensorLayout layout = new TensorLayout(ScalarType.Double, sizes, strides);
            assertThat(layout.bytes()).isEqualTo(8 * numel);
        } else {
            assertThatThrownBy(() -> new TensorLayout(ScalarType.Double, sizes, strides))
                    .isExactlyInstanceOf(IllegalArgumentException.class);
        }
    }

    private static boolean unusedStridesAreSmall(long[] sizes, long[] strides, long numel) {
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] == 1 && strides[i] > numel) {
                return false;
            }
        }
        return true;
    }

    private static boolean reach(int dimension, long offset, long[] sizes, long[] strides, boolean[] reached) {
        if (dimension == sizes.length) {
            boolean free = offset < reached.length && !reached[(int) offset];
            if (free) {
                reached[(int) offset] = true;
            }
            return free;
        }
        for (long i = 0; i < sizes[dimension]; i++) {
            if (!reach(dimension + 1, offset + i * strides[dimension], sizes, strides, reached)) {
                return false;
            }
        }
        return true;
    }
}
