package org.blazefl4j.example;

import static org.assertj.core.api.Assertions.assertThat;

import examples.OwnModelAndData;
import examples.RoundLoop;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.SerialClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.util.Slow;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** Runs the code of README and docs; {@link DocsTest} compares it with the pages. */
final class ReadmeTest {

    @Slow
    @Test
    void shouldLearnInTheUsersLoop() {
        double accuracy = RoundLoop.run(
                ExecutionMode.MULTI_PROCESS, 1, 20, SgdOptions.defaults().withEpochs(1));

        assertThat(accuracy).as("an untrained model guesses one of ten classes").isGreaterThan(0.2);
    }

    @Slow
    @Test
    void shouldRunAUserDefinedAlgorithmInWorkerProcesses() {
        assertThat(OwnAlgorithm.firstElements(List.of(3, 1, 2))).containsExactly(4f, 2f, 3f);
    }

    @Slow
    @Test
    void shouldRunTheProgramOnTheStartPageOfTheJavadoc() {
        FirstRun.main(new String[0]);
    }

    @Test
    void shouldRunClientsThatKeepState() {
        List<Float> sums = new ArrayList<>();
        try (Tensor vector = torch.ones(8);
                var trainer = new SerialClientTrainer<>(new OwnState(8), TrainerOptions.defaults())) {
            for (int round = 0; round < 3; round++) {
                trainer.localProcess(new OwnAlgorithm.Down(vector), List.of(7), up -> {
                    try (Tensor sum = up.vector()) {
                        sums.add(sum.data_ptr_float().get());
                    }
                });
            }
        }
        assertThat(sums).containsExactly(1f, 2f, 3f);
    }

    @Test
    void shouldSelectTheSameUserDefinedModelEachTime() {
        assertThat(hashOfAFreshModel()).isEqualTo(hashOfAFreshModel());
    }

    private static String hashOfAFreshModel() {
        try (var model = new OwnModelAndData.Nets(42).selectModel(OwnModelAndData.Name.NET);
                var state = FlatParameters.of(model);
                var flat = state.flatten()) {
            return Tensors.sha256(flat);
        }
    }
}
