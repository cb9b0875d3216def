package org.blazefl4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models adapt to the shape of the images, or explain why they cannot. */
class DimensionsTest {

    private static final String REMEDY = "; give the shape of the data set's images and its number of classes";

    @ParameterizedTest
    @CsvSource({
        "CNN, 1, 28, 28, 10",
        "CNN, 3, 32, 32, 100",
        "CNN, 2, 16, 20, 3",
        "MCMAHAN, 1, 28, 28, 10",
        "MCMAHAN, 2, 4, 7, 3",
        "LENET, 1, 28, 28, 10",
        "LENET, 2, 12, 15, 3",
        "MLP, 1, 28, 28, 10",
        "MLP, 3, 5, 7, 2",
        "RESNET18, 1, 28, 28, 10",
        "RESNET18, 3, 8, 12, 5",
        "RESNET50, 1, 16, 16, 4",
        "RESNET18_GN, 3, 8, 12, 6",
        "LSTM, 1, 1, 80, 90",
        "GPT, 1, 2, 12, 30",
        "GPT_LORA, 1, 1, 24, 30"
    })
    void shouldAdaptToTheImages(ModelName name, int channels, int height, int width, int classes) {
        try (PointerScope scope = new PointerScope();
                Model model = name.create(channels, height, width, classes)) {
            model.eval();
            Tensor y = model.forward(torch.zeros(2, channels, height, width));

            assertThat(y.shape()).containsExactly(2, classes);
        }
    }

    @Test
    void shouldRefuseImagesTooSmallForTheConvolutions() {
        assertThatThrownBy(() -> new Cnn(1, 15, 28, 10))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("model: height=15, limit=at least 16" + REMEDY);
        assertThatThrownBy(() -> new Cnn(1, 28, 15, 10)).hasMessage("model: width=15, limit=at least 16" + REMEDY);
        assertThatThrownBy(() -> new McMahanCnn(1, 3, 28, 10)).hasMessage("model: height=3, limit=at least 4" + REMEDY);
        assertThatThrownBy(() -> new LeNet(1, 28, 11, 10)).hasMessage("model: width=11, limit=at least 12" + REMEDY);
    }

    @Test
    void shouldRefuseDimensionsThatAreNotPositive() {
        assertThatThrownBy(() -> new Cnn(0, 28, 28, 10)).hasMessage("model: channels=0, limit=at least 1" + REMEDY);
        assertThatThrownBy(() -> ResNet.resNet18(3, 0)).hasMessage("model: classes=0, limit=at least 1" + REMEDY);
        assertThatThrownBy(() -> new Mlp(-1, 10)).hasMessage("model: inputs=-1, limit=at least 1" + REMEDY);
        assertThatThrownBy(() -> ModelName.MLP.create(1, 0, 28, 10))
                .hasMessage("model: height=0, limit=at least 1" + REMEDY);
    }
}
