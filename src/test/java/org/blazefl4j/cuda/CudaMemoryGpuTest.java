package org.blazefl4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.blazefl4j.binding.OnGpu;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.cuda.DeviceStats;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.bytedeco.pytorch.global.torch_cuda;
import org.junit.jupiter.api.Test;

/** LibTorch's allocator on a real device. */
@OnGpu
final class CudaMemoryGpuTest {

    private static final long TOO_MANY = 1L << 40;

    private static long reserved() {
        try (DeviceStats stats = torch_cuda.getAllocator().getDeviceStats((byte) 0)) {
            return stats.reserved_bytes().current();
        }
    }

    @Test
    void shouldReturnWhatIsNotUsed() {
        CudaWarmUp.run(List.of(0));
        try (Tensor tensor = torch.ones(1 << 24);
                Device device = new Device("cuda:0")) {
            tensor.to(device, ScalarType.Float).close();
        }
        long kept = reserved();
        CudaMemory.release();
        assertThat(reserved()).isLessThan(kept);
    }

    @Test
    void shouldCountRefusedMemory() {
        CudaWarmUp.run(List.of(0));
        long before = CudaMemory.refusals(0);
        assertThatThrownBy(() -> {
                    try (PointerScope scope = new PointerScope()) {
                        torch.ones(1).to(new Device("cuda:0"), ScalarType.Float).repeat(TOO_MANY);
                    }
                })
                .hasMessageContaining("out of memory");
        assertThat(CudaMemory.refusals(0)).isGreaterThan(before);
    }
}
