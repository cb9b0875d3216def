package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.blazefl4j.trainer.Clients.ids;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.reproducibility.RngCheck;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;
import org.blazefl4j.trainer.TrainerOptions.StepGraphs;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whether clients on devices, which need not be there, may have their steps captured. */
final class StepGraphsOptionTest {

    /** Returns 1 if this client's models are captured, else 0. */
    private static Up look(Integer cid, Down down, WorkerContext context) {
        try (LinearImpl model = new LinearImpl(2, 2);
                FlatParameters state = FlatParameters.of(model)) {
            String device = context.device().toString();
            boolean captured = org.blazefl4j.cuda.StepGraphs.of("linear", state, device) != null;
            return new Up(cid, torch.full(new long[] {1}, new Scalar(captured ? 1f : 0f)));
        }
    }

    private static List<Double> found(ExecutionMode mode, StepGraphs graphs, String device) {
        TrainerOptions options = TrainerOptions.builder()
                .device(Device.parse(device))
                .deviceCount(1)
                .numParallels(1)
                .rngCheck(RngCheck.WARN)
                .stepGraphs(graphs)
                .build();
        List<Double> found = new CopyOnWriteArrayList<>();
        try (ClientTrainer<Down, Up> trainer = mode.trainer(
                new Clients(StepGraphsOptionTest::look),
                options,
                ProcessOptions.builder().build())) {
            trainer.localProcess(Down.of(0), ids(2), up -> {
                found.add(up.number());
                up.close();
            });
        }
        return found;
    }

    @ParameterizedTest
    @EnumSource(StepGraphs.class)
    void shouldReachClientsOnDevicesAlone(StepGraphs graphs) {
        double expected = graphs == StepGraphs.OFF ? 0 : 1;
        for (ExecutionMode mode : List.of(ExecutionMode.SINGLE_THREADED, ExecutionMode.MULTI_THREADED)) {
            assertThat(found(mode, graphs, "cuda")).as("%s", mode).containsExactly(expected, expected);
            assertThat(found(mode, graphs, "cpu")).as("%s", mode).containsExactly(0.0, 0.0);
        }
    }
}
