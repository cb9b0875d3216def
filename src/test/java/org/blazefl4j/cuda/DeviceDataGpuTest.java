package org.blazefl4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.blazefl4j.binding.OnGpu;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.DataLoader.Epoch;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.cuda.DeviceStats;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch_cuda;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Data sets on a real device. */
@OnGpu
final class DeviceDataGpuTest {

    private static final int SAMPLES = 1000;

    private static long allocated() {
        try (DeviceStats stats = torch_cuda.getAllocator().getDeviceStats((byte) 0)) {
            return stats.allocated_bytes().current();
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.3})
    void shouldReadTheBatchesOfTheProcessorAndLeaveNothing(double share) throws Exception {
        CudaWarmUp.run(List.of(0));
        long before = allocated();
        try (PointerScope scope = new PointerScope()) {
            long[] labels = new long[SAMPLES];
            Arrays.setAll(labels, i -> i % 10);
            TensorDataset data = new TensorDataset(
                    torch.arange(new Scalar(SAMPLES * 12.0)).view(SAMPLES, 3, 2, 2), Tensors.of(labels));
            try (DeviceData reader = new DeviceData(share)) {
                new WorkerStream().on(0, () -> reader.during(() -> readAll(reader, data)));
                assertThat(allocated() > before).isEqualTo(share > 0);
            }
        }
        assertThat(allocated()).isEqualTo(before);
    }

    @Test
    void shouldSendWithoutLosingElements() {
        try (PointerScope scope = new PointerScope()) {
            Device device = new Device("cuda:0");
            for (int i = 0; i < 100; i++) {
                Tensor here = torch.full(new long[] {4096}, new Scalar((double) i));
                Tensor there = Tensors.send(here, device);
                here.zero_(); // what crosses lies elsewhere
                assertThat(there.sum().item_double()).isEqualTo(4096. * i);
            }
        }
    }

    private static boolean readAll(DeviceData reader, TensorDataset data) {
        Epoch epoch = new DataLoader(data, 64).iterator();
        Epoch expected = new DataLoader(data, 64).iterator();
        while (expected.hasNext()) {
            try (Batch found = reader.next(epoch, "cuda:0");
                    Batch batch = expected.next()) {
                assertThat(found.x().is_cuda()).isTrue();
                assertThat(found.x().cpu().equal(batch.x())).isTrue();
                assertThat(found.y().cpu().equal(batch.y())).isTrue();
            }
        }
        return epoch.hasNext();
    }
}
