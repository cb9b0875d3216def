package org.blazefl4j.contrib.scaffold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.blazefl4j.binding.OnGpu;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.trainer.SerialClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.junit.jupiter.api.Test;

/** SCAFFOLD on CUDA devices: control variates cross from the CPU to the model and back. */
@OnGpu
final class ScaffoldGpuTest {

    private static final int CLIENTS = 4;
    private static final Tiny.Selector SELECTOR = new Tiny.Selector(5);

    /** Both devices draw the same random numbers, so only rounding differs. */
    @Test
    void shouldTrainAsOnTheCpu() {
        assertThat(lossAfterTraining(Device.parse("cuda"))).isCloseTo(lossAfterTraining(Device.CPU), within(1e-3));
    }

    private static double lossAfterTraining(Device device) {
        var options =
                ScaffoldServerHandler.Options.of(ServerOptions.of(3, CLIENTS)).withGlobalLr(1.2);
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            ScaffoldClients clients = new ScaffoldClients(
                    SELECTOR, Tiny.CONVOLUTION, data.partitions(), CLIENTS, new SgdOptions(2, 4, 0.05));
            try (var handler = new ScaffoldServerHandler(SELECTOR, Tiny.CONVOLUTION, data.partitions(), options);
                    var trainer = new SerialClientTrainer<>(
                            clients, TrainerOptions.builder().device(device).build())) {
                new Simulation<>(handler, trainer).run();
                return (double) handler.getSummary().get("loss");
            }
        }
    }
}
