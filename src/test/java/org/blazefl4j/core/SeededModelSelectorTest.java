package org.blazefl4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SeededModelSelectorTest {

    private static final ModelSelector<ModelName> SELECTOR = ModelSelector.seeded(42, 1, 28, 28, 10);

    @ParameterizedTest
    @EnumSource(names = {"CNN", "MLP", "RESNET18"})
    void shouldGiveTheSameBitsAfterAnyDraws(ModelName name) {
        String first = state(SELECTOR, name);
        torch.rand(7).close();

        assertThat(state(SELECTOR, name)).isEqualTo(first);
        assertThat(state(ModelSelector.seeded(43, 1, 28, 28, 10), name)).isNotEqualTo(first);
    }

    @Test
    void shouldLeaveTheDefaultGeneratorUnchanged() {
        LibTorch.load();
        byte[] before = DefaultGenerator.state();
        SELECTOR.selectModel(ModelName.CNN).close();

        assertThat(DefaultGenerator.state()).isEqualTo(before);
    }

    @Test
    void shouldGiveTheSameBitsInManyThreadsAtOnce() {
        String expected = state(SELECTOR, ModelName.CNN);
        List<String> states = IntStream.range(0, 32)
                .parallel()
                .mapToObj(i -> state(SELECTOR, ModelName.CNN))
                .toList();

        assertThat(states).containsOnly(expected);
    }

    private static String state(ModelSelector<ModelName> selector, ModelName name) {
        try (Model model = selector.selectModel(name);
                FlatParameters parameters = FlatParameters.of(model);
                Tensor flat = parameters.flatten()) {
            return Tensors.sha256(flat);
        }
    }
}
