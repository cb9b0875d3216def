package org.blazefl4j.shm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.blazefl4j.codec.ElementTypes;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

class SegmentPlaceTest {

    private static final long SLOT = 4096;
    private static final int SLOTS = 3;

    @Provide
    Arbitrary<ScalarType> types() {
        return Arbitraries.of(SegmentTest.typesThatCross());
    }

    @Provide
    Arbitrary<long[]> shapes() {
        return Arbitraries.longs().between(0, 4).array(long[].class).ofMaxSize(4);
    }

    @Property(tries = 200)
    void shouldFitAtTheEndOfASlotButNotBeyond(
            @ForAll("types") ScalarType dtype,
            @ForAll("shapes") long[] sizes,
            @ForAll @IntRange(max = SLOTS - 1) int slot) {
        long element = ElementTypes.bytes(dtype);
        long elements = 1;
        for (long size : sizes) {
            elements *= size;
        }
        try (Segment segment = Segment.slotted(SLOTS, SLOT)) {
            long last = (slot + 1) * SLOT - elements * element;
            try (Tensor tensor = segment.tensor(last, dtype, sizes)) {
                assertThat(tensor.sizes().vec().get()).containsExactly(sizes);
                assertThat(segment.references(slot)).isEqualTo(elements == 0 ? 0 : 1);
            }
            boolean spans = elements > 1 || slot == SLOTS - 1;
            if (spans) {
                assertThatThrownBy(() -> segment.tensor(last + element, dtype, sizes))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("offset=" + (last + element) + ", ");
            }
        }
    }

    @Property(tries = 200)
    void shouldAcceptExactlyTheOffsetsInOneSlot(
            @ForAll("types") ScalarType dtype, @ForAll @IntRange(max = 14_000) int offset) {
        long bytes = 4L * ElementTypes.bytes(dtype);
        boolean right = offset % ElementTypes.bytes(dtype) == 0
                && offset + bytes <= SLOTS * SLOT
                && offset / SLOT == (offset + bytes - 1) / SLOT;
        try (Segment segment = Segment.slotted(SLOTS, SLOT)) {
            if (right) {
                segment.tensor(offset, dtype, 2, 2).close();
            } else {
                assertThatThrownBy(() -> segment.tensor(offset, dtype, 2, 2))
                        .isInstanceOf(IllegalArgumentException.class);
            }
        }
    }
}
