package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.blazefl4j.trainer.Clients.ids;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.binding.OnGpu;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** Each client computes on its device. */
@OnGpu
final class DevicePlacementGpuTest {

    private static final int CLIENTS = 5;

    private static final TrainerOptions OPTIONS = TrainerOptions.builder()
            .device(Device.parse("cuda"))
            .numParallels(2)
            .build();

    /** Computes a tensor on the client's device and returns the device where it lies. */
    private static Up whereComputed(Integer cid, Down down, WorkerContext context) {
        try (var device = context.device().toTorch();
                Tensor there = down.value().to(device, ScalarType.Float);
                Tensor sum = there.add(new Scalar(cid))) {
            assertThat(sum.item_float()).isEqualTo(7f + cid);
            return new Up(cid, torch.full(new long[] {1}, new Scalar((float)
                    sum.device().index())));
        }
    }

    private static void requireOwnDevices(ClientTrainer<Down, Up> trainer) {
        List<Integer> devices = new ArrayList<>();
        trainer.localProcess(Down.of(7), ids(CLIENTS), up -> {
            devices.add((int) up.number());
            up.close();
        });
        int count = Device.cudaDevices();
        assertThat(devices)
                .isEqualTo(ids(CLIENTS).stream().map(cid -> cid % count).toList());
    }

    @WithoutProcesses
    void shouldComputeOnTheClientsDevice(ExecutionMode mode) {
        try (var trainer = mode.trainer(new Clients(DevicePlacementGpuTest::whereComputed), OPTIONS)) {
            requireOwnDevices(trainer);
        }
    }

    @Test
    void shouldComputeOnTheClientsDeviceInProcesses() {
        Clients clients = new Clients(DevicePlacementGpuTest::whereComputed);
        try (var trainer = new ProcessPoolClientTrainer<>(clients, OPTIONS)) {
            requireOwnDevices(trainer);
        }
    }
}
