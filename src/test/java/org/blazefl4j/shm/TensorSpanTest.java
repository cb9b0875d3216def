package org.blazefl4j.shm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

class TensorSpanTest {

    /** A shape with its strides. */
    record Geometry(long[] sizes, long[] strides) {

        /** The elements from the first to the last, found by visiting them all. */
        long reach() {
            long[] reach = {0};
            visit(0, 0, reach);
            return reach[0];
        }

        private void visit(int dimension, long offset, long[] reach) {
            if (dimension == sizes.length) {
                reach[0] = Math.max(reach[0], offset + 1);
                return;
            }
            for (long i = 0; i < sizes[dimension]; i++) {
                visit(dimension + 1, offset + i * strides[dimension], reach);
            }
        }
    }

    @Provide
    Arbitrary<Geometry> geometries() {
        Arbitrary<long[]> dimension = Combinators.combine(
                        Arbitraries.longs().between(0, 4), Arbitraries.longs().between(0, 9))
                .as((size, stride) -> new long[] {size, stride});
        return dimension.list().ofMaxSize(4).map(TensorSpanTest::geometry);
    }

    private static Geometry geometry(List<long[]> dimensions) {
        return new Geometry(
                dimensions.stream().mapToLong(d -> d[0]).toArray(),
                dimensions.stream().mapToLong(d -> d[1]).toArray());
    }

    @Property(tries = 300)
    void shouldReachFromTheFirstElementToTheLast(@ForAll("geometries") Geometry tensor) {
        assertThat(TensorSpan.bytes(ScalarType.Byte, tensor.sizes(), tensor.strides()))
                .isEqualTo(tensor.reach());
        assertThat(TensorSpan.bytes(ScalarType.Double, tensor.sizes(), tensor.strides()))
                .isEqualTo(8 * tensor.reach());
    }

    @Property(tries = 100)
    void shouldFitExactlyAtTheEndOfASegmentAndNotOneElementFurther(@ForAll("geometries") Geometry tensor) {
        long span = 4 * tensor.reach();
        try (Segment segment = Segment.create(4096);
                Tensor placed = segment.tensor(4096 - span, ScalarType.Int, tensor.sizes(), tensor.strides())) {
            assertThat(placed.sizes().vec().get()).containsExactly(tensor.sizes());
            assertThat(segment.references(0)).isEqualTo(span == 0 ? 0 : 1);
            assertThatThrownBy(() -> segment.tensor(4096 - span + 4, ScalarType.Int, tensor.sizes(), tensor.strides()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("offset=" + (4096 - span + 4));
        }
    }

    @Property(tries = 100)
    void shouldHaveTheContiguousStridesOfLibTorch(@ForAll("geometries") Geometry tensor) {
        try (Tensor made = torch.empty(tensor.sizes())) {
            assertThat(TensorSpan.contiguous(tensor.sizes()))
                    .containsExactly(made.strides().vec().get());
        }
    }
}
