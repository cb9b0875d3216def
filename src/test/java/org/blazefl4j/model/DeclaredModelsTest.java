package org.blazefl4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.blazefl4j.data.Batch;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The library's models that are declared say their layers, and compute as models that are written as code. */
class DeclaredModelsTest {

    /** SHA-256 of a model's state, output and gradients. */
    private record Bits(List<String> names, String state, String output, String gradients) {

        static Bits of(Model model) {
            Batch batch = FormulaImages.images(0, 8, 2, 28, 5);
            try (model;
                    PointerScope scope = new PointerScope();
                    FlatParameters flat = FlatParameters.of(model)) {
                Tensor state = flat.flatten();
                flat.bind(state);
                Tensor output = model.forward(batch.x());
                torch.cross_entropy(output, batch.y()).backward();
                return new Bits(
                        flat.names(),
                        Tensors.sha256(state),
                        Tensors.sha256(output.detach()),
                        Tensors.sha256(flat.gradients()));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"CNN", "MCMAHAN", "LENET", "MLP", "LOGISTIC"})
    void shouldHaveTheBitsOfModelsWrittenAsCode(ModelName name) {
        Model declared = DefaultGenerator.seeded(7, () -> name.create(2, 28, 28, 5));
        Model written = DefaultGenerator.seeded(7, () -> HandWritten.create(name, 2, 28, 5));

        assertThat(Bits.of(declared)).isEqualTo(Bits.of(written));
    }

    @ParameterizedTest
    @CsvSource({
        "CNN, 3, 32, 62006",
        "CNN, 1, 28, 44426",
        "MCMAHAN, 1, 28, 1663370",
        "LENET, 1, 28, 61706",
        "MLP, 1, 28, 199210",
        "LOGISTIC, 1, 28, 7850"
    })
    void shouldHaveAsManyParametersAsPublished(ModelName name, int channels, int size, long parameters) {
        try (Model model = name.create(channels, size, size, 10);
                FlatParameters flat = FlatParameters.of(model)) {
            assertThat(flat.numel()).isEqualTo(parameters);
        }
    }

    @Test
    void shouldDeclareTheTutorialsNetwork() {
        assertThat(layers(new Cnn(3, 32, 32, 10)))
                .containsExactly(
                        Layer.convolution(3, 6, 5),
                        Layer.maxPool(),
                        Layer.relu(),
                        Layer.convolution(6, 16, 5),
                        Layer.maxPool(),
                        Layer.relu(),
                        Layer.flatten(),
                        Layer.linear(400, 120),
                        Layer.relu(),
                        Layer.linear(120, 84),
                        Layer.relu(),
                        Layer.linear(84, 10));
    }

    @Test
    void shouldDeclareMcMahansNetwork() {
        assertThat(layers(new McMahanCnn(1, 28, 28, 10)))
                .containsExactly(
                        Layer.convolution(1, 32, 5, 2),
                        Layer.maxPool(),
                        Layer.relu(),
                        Layer.convolution(32, 64, 5, 2),
                        Layer.maxPool(),
                        Layer.relu(),
                        Layer.flatten(),
                        Layer.linear(3136, 512),
                        Layer.relu(),
                        Layer.linear(512, 10));
    }

    @Test
    void shouldDeclareLeNet() {
        assertThat(layers(new LeNet(1, 28, 28, 10)))
                .containsExactly(
                        Layer.convolution(1, 6, 5, 2),
                        Layer.maxPool(),
                        Layer.relu(),
                        Layer.convolution(6, 16, 5),
                        Layer.maxPool(),
                        Layer.relu(),
                        Layer.flatten(),
                        Layer.linear(400, 120),
                        Layer.relu(),
                        Layer.linear(120, 84),
                        Layer.relu(),
                        Layer.linear(84, 10));
    }

    @Test
    void shouldDeclareTheMultilayerPerceptron() {
        assertThat(layers(new Mlp(784, 10)))
                .containsExactly(
                        Layer.flatten(),
                        Layer.linear(784, 200),
                        Layer.relu(),
                        Layer.linear(200, 200),
                        Layer.relu(),
                        Layer.linear(200, 10));
    }

    @Test
    void shouldDeclareLogisticRegression() {
        assertThat(layers(new LogisticRegression(60, 10))).containsExactly(Layer.flatten(), Layer.linear(60, 10));
    }

    @Test
    void shouldDeclareNoResNet() {
        try (Model model = ResNet.resNet18(3, 10)) {
            assertThat(model.layers()).isEmpty();
        }
    }

    private static List<Layer> layers(Model model) {
        try (model) {
            return model.layers().orElseThrow();
        }
    }
}
