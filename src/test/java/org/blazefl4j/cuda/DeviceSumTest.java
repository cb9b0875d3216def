package org.blazefl4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sums on devices that are not there. What waits too little gives other results for some order of streams. */
final class DeviceSumTest {

    private static final int LENGTH = 1000;
    private static final int ROUNDS = 20;

    @RegisterExtension
    final FakeCuda cuda = new FakeCuda();

    private static long address(Tensor tensor) {
        try (Pointer data = tensor.data_ptr()) {
            return data.address();
        }
    }

    private static void fold(DeviceSum sum, double weight, Tensor vector) {
        sum.fold(new long[] {address(vector)}, new double[] {weight}, 1);
    }

    private static float[] mean(DeviceSum sum, double weight, int length) {
        try (Tensor here = torch.empty(length)) {
            sum.divideToHost(address(here), weight);
            float[] values = new float[length];
            try (Pointer data = here.data_ptr();
                    FloatPointer floats = new FloatPointer(data)) {
                floats.get(values);
            }
            return values;
        }
    }

    @Test
    void shouldWriteTheMeanThereAndHere() {
        try (DeviceSum sum = new DeviceSum(1, 3);
                Tensor one = cuda.tensor(1, 1, 2, 3);
                Tensor other = cuda.tensor(1, 5, 6, -7);
                Tensor there = DeviceSegment.vector(1, 3)) {
            fold(sum, 1, one);
            fold(sum, 3, other);
            sum.divide(address(there), 4);
            assertThat(mean(sum, 4, 3)).containsExactly(4, 5, -4.5f);
            try (Tensor expected = Tensors.of(new float[] {4, 5, -4.5f})) {
                assertThat(there.equal(expected)).isTrue();
            }
            sum.clear();
            fold(sum, 1, one);
            assertThat(mean(sum, 1, 3)).containsExactly(1, 2, 3);
        }
    }

    /** A slot is written to again as soon as its tensor is closed, while the sum may not have read it yet. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void shouldReadSlotsBeforeTheyAreUsedAgain(int seed) {
        FakeCuda.shuffle(seed);
        assertThat(sumOfReusedSlot()).containsOnly(ROUNDS * (ROUNDS + 1) / 2f);
    }

    @Test
    void shouldShowIfNothingWaits() {
        cuda.forgetWaits();
        assertThat(sumOfReusedSlot()).doesNotContain(ROUNDS * (ROUNDS + 1) / 2f);
    }

    private float[] sumOfReusedSlot() {
        try (DeviceSum sum = new DeviceSum(0, LENGTH);
                DeviceSegment segment = DeviceSegment.create(0, 1, LENGTH * Float.BYTES)) {
            for (int round = 1; round <= ROUNDS; round++) {
                segment.awaitReaders();
                try (Tensor slot = segment.tensor(
                                0, ScalarType.Float, new long[] {LENGTH}, new long[] {1}, LENGTH * Float.BYTES);
                        Scalar value = new Scalar((double) round)) {
                    cuda.compute(0);
                    slot.fill_(value);
                    fold(sum, 1, slot);
                }
            }
            return mean(sum, 1, LENGTH);
        }
    }

    /** Nothing waits before memory of LibTorch's is used again, so the sum does. */
    @Test
    void shouldReadWhatIsInNoSlotAtOnce() {
        try (DeviceSum sum = new DeviceSum(0, LENGTH)) {
            for (int round = 1; round <= ROUNDS; round++) {
                try (Tensor vector = DeviceSegment.vector(0, LENGTH);
                        Scalar value = new Scalar((double) round);
                        Scalar later = new Scalar(1e9)) {
                    vector.fill_(value);
                    fold(sum, 1, vector);
                    vector.fill_(later);
                }
            }
            assertThat(mean(sum, 1, LENGTH)).containsOnly(ROUNDS * (ROUNDS + 1) / 2f);
        }
    }

    @Test
    void shouldGiveItsParts() {
        try (DeviceSum sum = new DeviceSum(0, 1);
                Tensor large = cuda.tensor(0, 0x1p100f);
                Tensor small = cuda.tensor(0, 0x1p-100f);
                Tensor part = torch.zeros(1).toType(ScalarType.Double)) {
            fold(sum, 1, large);
            fold(sum, 1, small);
            double[] found = new double[3];
            for (int i = 0; i < found.length; i++) {
                sum.partToHost(i, address(part));
                found[i] = part.item_double();
            }
            assertThat(found).containsExactly(0x1p100, 0x1p-100, 0);
        }
    }

    @Test
    void shouldTellOfTooLittleMemory() {
        cuda.limit(80);
        assertThatThrownBy(() -> new DeviceSum(1, 1L << 40))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("cannot lay out a sum: device=cuda:1");
        cuda.limit(2 * 2592 - 1);
        assertThatThrownBy(() -> new DeviceSum(1, 32))
                .isInstanceOf(NoDeviceMemoryException.class)
                .hasMessageContaining("for=a sum, device=cuda:1, need=2592, free=5183, limit=half of what is free;");
        cuda.limit(2 * 2592);
        new DeviceSum(1, 32).close();
        cuda.refuseMemory();
        assertThatThrownBy(() -> new DeviceSum(1, 32))
                .isInstanceOf(NoDeviceMemoryException.class)
                .hasMessageContaining("for=a sum, device=cuda:1, need=2592, free=5184, limit=what is free;");
        assertThatThrownBy(() -> new DeviceSum(1, 0)).hasMessage("sum on a device: elements=0, limit=1 or more");
    }

    @ParameterizedTest
    @ValueSource(strings = {"cudaMemsetAsync", "cudaLaunchOnHost", "cudaStreamWaitEvent", "cudaMemcpyAsync"})
    void shouldLeaveNothingIfACallFails(String call) {
        try (Tensor vector = cuda.tensor(0, 1, 2, 3)) {
            cuda.failAt(call, 1, 1);
            assertThatThrownBy(() -> {
                        try (DeviceSum sum = new DeviceSum(0, 3)) {
                            fold(sum, 1, vector);
                            mean(sum, 1, 3);
                        }
                    })
                    .hasMessageContaining("device=cuda:0, error=1001, expected=0, CUDA error: some error");
        }
    }

    @Test
    void shouldRefuseToWorkWhenClosed() {
        DeviceSum sum = new DeviceSum(0, 1);
        sum.close();
        sum.close();
        assertThatThrownBy(() -> sum.divide(8, 1)).hasMessage("sum on a device is closed; make a new one");
        assertThatThrownBy(sum::clear).hasMessage("sum on a device is closed; make a new one");
    }
}
