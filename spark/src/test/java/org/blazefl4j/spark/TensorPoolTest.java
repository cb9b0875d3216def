package org.blazefl4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import org.blazefl4j.codec.TensorLayout;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Memory of tensors is used again, once nobody can see it. */
final class TensorPoolTest {

    private static final long LARGE = TensorPool.LEAST_BYTES / Float.BYTES;

    private final TensorPool pool = new TensorPool();

    @AfterEach
    void close() {
        pool.close();
    }

    private Tensor take(long... sizes) {
        return pool.take(new TensorLayout(ScalarType.Float, sizes, TensorLayout.contiguous(sizes)));
    }

    private static long address(Tensor tensor) {
        try (Pointer data = tensor.data_ptr()) {
            return data.address();
        }
    }

    @Test
    void shouldUseMemoryAgainOnceItsTensorsAreClosed() {
        Tensor first = take(2, LARGE);
        long memory = address(first);
        try (Tensor second = take(2, LARGE)) {
            assertThat(address(second)).isNotEqualTo(memory);
        }
        first.close();
        try (Tensor again = take(LARGE, 2);
                Tensor shorter = take(2 * LARGE - LARGE / 3)) {
            assertThat(again.shape()).containsExactly(LARGE, 2);
            assertThat(address(again)).isNotEqualTo(address(shorter));
        }
        assertThat(pool.bytes()).as("of two at once").isEqualTo(2 * 2 * LARGE * Float.BYTES);
    }

    @Test
    void shouldLeaveMemoryAloneThatIsStillSeen() {
        Tensor first = take(LARGE);
        first.fill_(new Scalar(1f));
        try (Tensor view = first.narrow(0, 5, 7)) {
            first.close();
            try (Tensor second = take(LARGE)) {
                second.zero_();
            }
            assertThat(view.sum().item_float()).isEqualTo(7);
        }
    }

    @Test
    void shouldReplaceMemoryThatDoesNotFit() {
        for (long sizes : new long[] {LARGE, 3 * LARGE, 2 * LARGE}) {
            take(sizes).close();
            assertThat(pool.bytes()).isEqualTo(sizes * Float.BYTES);
        }
    }

    @Test
    void shouldKeepNothingOnceClosed() {
        Tensor open = take(LARGE);
        open.fill_(new Scalar(2f));
        pool.close();
        assertThat(pool.bytes()).isZero();
        try (Tensor later = take(LARGE)) {
            later.zero_();
        }
        assertThat(pool.bytes()).isZero();
        assertThat(open.sum().item_float()).isEqualTo(2 * LARGE);
        open.close();
    }

    @Test
    void shouldKeepNoSmallMemory() {
        take(LARGE - 1).close();
        assertThat(pool.bytes()).isZero();
    }
}
