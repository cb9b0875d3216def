package org.blazefl4j.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.trainer.SerialClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The README's code is code that compiles and runs. */
final class ReadmeTest {

    @ParameterizedTest
    @ValueSource(strings = {"CustomLoop", "OwnAlgorithm", "OwnState", "OwnModel", "LongRun"})
    void shouldShowTheCodeOfTheExamples(String example) throws IOException {
        String source = Files.readString(Path.of("src/test/java/org/blazefl4j/example/" + example + ".java"));
        String snippet = source.split("// README\n")[1].stripTrailing().stripIndent() + "\n";

        assertThat(snippet.lines().count()).isGreaterThan(5);
        assertThat(Files.readString(Path.of("README.md"))).contains("```java\n" + snippet + "```");
    }

    @Test
    void shouldRunTheCustomLoop() {
        CustomLoop.run(1, 20, SgdOptions.defaults().withEpochs(1));
    }

    @Test
    void shouldRunAnAlgorithmOfOnesOwnInWorkerProcesses() {
        assertThat(OwnAlgorithm.firstElements(List.of(3, 1, 2))).containsExactly(4f, 2f, 3f);
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
    void shouldSelectTheSameModelOfOnesOwnEachTime() {
        assertThat(hashOfAFreshModel()).isEqualTo(hashOfAFreshModel());
    }

    private static String hashOfAFreshModel() {
        try (var model = new OwnModel.Nets(42).selectModel(OwnModel.Name.NET);
                var state = FlatParameters.of(model);
                var flat = state.flatten()) {
            return Tensors.sha256(flat);
        }
    }
}
