package org.blazefl4j.contrib.dsfl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.blazefl4j.binding.OnGpu;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.trainer.SerialClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.junit.jupiter.api.Test;

/** DS-FL on CUDA devices: states, soft labels and samples cross from the CPU to the model and back. */
@OnGpu
final class DsflGpuTest {

    private static final int CLIENTS = 4;
    private static final Tiny.Selector SELECTOR = new Tiny.Selector(5);
    private static final SgdOptions SGD = new SgdOptions(2, 8, 0.05);

    /** Both devices draw the same random numbers, so only rounding differs. */
    @Test
    void shouldTrainAsOnTheCpu() {
        assertThat(lossAfterTraining(Device.parse("cuda"))).isCloseTo(lossAfterTraining(Device.CPU), within(1e-3));
    }

    private static double lossAfterTraining(Device device) {
        DsflServerHandler.Options options = DsflServerHandler.Options.of(
                        ServerOptions.of(3, CLIENTS).withDevice(device.forClient(0, 1)))
                .withOpenSizePerRound(20)
                .withDistillation(SGD)
                .withMomentum(0.5);
        DsflClients.Options training = new DsflClients.Options(SGD, SGD, 0.5, false);
        try (TinyOpenData data = new TinyOpenData(120, 40, CLIENTS)) {
            DsflClients clients = new DsflClients(SELECTOR, Tiny.CONVOLUTION, data.partitions(), CLIENTS, training);
            try (var handler = new DsflServerHandler(SELECTOR, Tiny.CONVOLUTION, data.partitions(), options);
                    var trainer = new SerialClientTrainer<>(
                            clients, TrainerOptions.builder().device(device).build())) {
                new Simulation<>(handler, trainer).run();
                return (double) handler.getSummary().get("loss");
            }
        }
    }
}
