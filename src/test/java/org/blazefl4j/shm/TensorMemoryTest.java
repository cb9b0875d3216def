package org.blazefl4j.shm;

import static org.assertj.core.api.Assertions.assertThat;

import org.blazefl4j.codec.TensorLayout;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** Copies tensors whose memory differs from their elements. */
final class TensorMemoryTest {

    @Test
    void shouldCopyTheElementsOfAConjugatedView() {
        try (PointerScope scope = new PointerScope()) {
            Tensor view = complex().conj();
            assertThat(view.is_conj()).isTrue();
            assertThat(torch.view_as_real(copied(view)).select(1, 1).sum().item_float())
                    .isEqualTo(-10);
        }
    }

    @Test
    void shouldCopyTheElementsOfANegatedView() {
        try (PointerScope scope = new PointerScope()) {
            Tensor view = torch.ones(5)._neg_view();
            assertThat(view.is_neg()).isTrue();
            assertThat(copied(view).sum().item_float()).isEqualTo(-5);
        }
    }

    private static Tensor complex() {
        return torch.view_as_complex(torch.full(new long[] {5, 2}, new Scalar(2f)));
    }

    private static Tensor copied(Tensor tensor) {
        TensorLayout layout = TensorLayout.of(tensor);
        try (Segment segment = Segment.create(layout.bytes())) {
            TensorMemory.copy(tensor, layout, segment, 0);
            return segment.tensor(0, layout);
        }
    }
}
