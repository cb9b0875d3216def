package org.blazefl4j.contrib.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.blazefl4j.binding.OnGpu;
import org.blazefl4j.cuda.CudaWarmUp;
import org.blazefl4j.cuda.DeviceSegment;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** Sums of tensors on a real device. */
@OnGpu
final class WeightedSumGpuTest {

    private static final int NUMEL = 100_003;
    private static final int CLIENTS = 40;

    private static float[] values(Random random) {
        float[] values = new float[NUMEL];
        for (int i = 0; i < NUMEL; i++) {
            float any = Float.intBitsToFloat(random.nextInt());
            values[i] = i % 2 == 0 || !Float.isFinite(any) ? (float) random.nextGaussian() : any;
        }
        return values;
    }

    @Test
    void shouldHaveTheProcessorsBitsAndLeaveNothing() {
        CudaWarmUp.run(List.of(0));
        long free = 0;
        for (int round = 0; round < 3; round++) {
            compare(new Random(round));
            free = round == 0 ? DeviceSegment.free(0) : free;
        }
        assertThat(DeviceSegment.free(0)).isEqualTo(free);
    }

    private static void compare(Random random) {
        try (PointerScope scope = new PointerScope();
                WeightedSum there = new WeightedSum("parameters", NUMEL);
                WeightedSum mixed = new WeightedSum("parameters", NUMEL);
                WeightedSum here = new WeightedSum("parameters", NUMEL)) {
            Device device = new Device("cuda:0");
            for (int cid = 0; cid < CLIENTS; cid++) {
                try (Tensor host = Tensors.of(values(random));
                        Tensor onDevice = host.to(device, ScalarType.Float)) {
                    double weight = 1 + random.nextInt(1000);
                    here.add(cid, weight, host);
                    there.add(cid, weight, onDevice);
                    mixed.add(cid, weight, cid % 3 == 0 ? host : onDevice);
                }
            }
            assertThat(there.device()).hasValue(0);
            Tensor expected = torch.empty(NUMEL);
            here.mean(expected);
            Tensor onDevice = DeviceSegment.vector(0, NUMEL);
            there.mean(onDevice);
            Tensor copied = torch.empty(NUMEL);
            there.mean(copied);
            Tensor merged = torch.empty(NUMEL);
            mixed.mean(merged);
            String bits = Tensors.sha256(expected);
            assertThat(Tensors.sha256(onDevice)).isEqualTo(bits);
            assertThat(Tensors.sha256(copied)).isEqualTo(bits);
            assertThat(Tensors.sha256(merged)).isEqualTo(bits);
            onDevice.close();
        }
    }
}
