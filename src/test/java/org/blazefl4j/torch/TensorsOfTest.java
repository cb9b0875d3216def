package org.blazefl4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

final class TensorsOfTest {

    @Test
    void shouldCopyNumbersInLogicalOrder() {
        try (Tensor longs = Tensors.of(new long[] {1, -2, Long.MAX_VALUE});
                Tensor floats = Tensors.of(new float[] {1, 2, 3, 4, 5, 6.5f}, 2, 3);
                Tensor bytes = Tensors.of(new byte[] {1, -1}, 1, 2)) {
            assertThat(longs.scalar_type().intern()).isEqualTo(ScalarType.Long);
            assertThat(longs.shape()).containsExactly(3);
            assertThat(longs.select(0, 2).item_long()).isEqualTo(Long.MAX_VALUE);
            assertThat(floats.shape()).containsExactly(2, 3);
            assertThat(floats.select(0, 1).select(0, 2).item_float()).isEqualTo(6.5f);
            assertThat(bytes.scalar_type().intern()).isEqualTo(ScalarType.Byte);
            assertThat(bytes.select(1, 1).item_int()).isEqualTo(255);
        }
    }

    @Test
    void shouldCreateAnEmptyTensor() {
        try (Tensor none = Tensors.of(new long[0]);
                Tensor rows = Tensors.of(new float[0], 0, 3)) {
            assertThat(none.shape()).containsExactly(0);
            assertThat(rows.shape()).containsExactly(0, 3);
        }
    }

    @Test
    void shouldRefuseAShapeThatTheNumbersDoNotFill() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Tensors.of(new float[5], 2, 3))
                .withMessage(
                        "values do not fill the shape: values=5, shape=[2, 3], expected=as many values as the shape"
                                + " has elements");
    }
}
