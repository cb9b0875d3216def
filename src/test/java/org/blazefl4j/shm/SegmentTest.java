package org.blazefl4j.shm;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class SegmentTest {

    @Test
    void shouldShowTheSameBytesThroughASecondMapping() {
        try (Segment segment = Segment.create(100);
                Segment other = Segment.open(segment.handle());
                Tensor written = segment.tensor(64, ScalarType.Float, 2, 3);
                Tensor read = other.tensor(64, ScalarType.Float, 2, 3)) {
            written.fill_(new org.bytedeco.pytorch.Scalar(2.5f));
            assertThat(other.address()).isNotEqualTo(segment.address());
            assertThat(read.sum().item_float()).isEqualTo(15f);
        }
    }

    @Test
    void shouldCountStoragesNotObjects() {
        try (Segment segment = Segment.slotted(2, 4096)) {
            Tensor tensor = segment.tensor(4096, ScalarType.Float, 2, 3);
            Tensor row = tensor.get(0);
            assertThat(segment.references(1)).isOne();
            tensor.close();
            assertThat(segment.references(1)).isOne();
            row.close();
            assertThat(segment.references(1)).isZero();
            assertThat(segment.references(0)).isZero();
        }
    }
}
