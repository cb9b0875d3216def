package org.blazefl4j.modelfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** States of models go to files of PyTorch's formats and come from them, with the same bits. */
final class StateDictTest {

    @TempDir
    private Path folder;

    private static Model model(ModelName name, long seed) {
        return ModelSelector.seeded(seed, 1, 28, 28, 10).selectModel(name);
    }

    private static String sha256(Model model) {
        try (FlatParameters parameters = FlatParameters.of(model);
                Tensor flat = parameters.flatten()) {
            return Tensors.sha256(flat);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "state.pt, state",
        "state-protocol-4.pt, state",
        "state.safetensors, state",
        "views.pt, views",
        "views.safetensors, views"
    })
    void shouldReadTheFilesOfPyTorch(String file, String stem) {
        try (StateDict state = StateDict.read(ModelFixtures.file(file))) {
            assertThat(ModelFixtures.describe(state))
                    .hasSizeGreaterThan(8)
                    .containsExactlyInAnyOrderEntriesOf(ModelFixtures.contents(stem));
        }
    }

    @Test
    void shouldKeepTheOrderOfPyTorchsStateDict() throws Exception {
        try (StateDict state = StateDict.read(ModelFixtures.file("state.pt"))) {
            List<String> names = List.copyOf(ModelFixtures.contents("state").keySet());
            assertThat(state.tensors().keySet()).containsExactlyElementsOf(names);
            for (String file : List.of("a.safetensors", "a.pt")) {
                state.write(folder.resolve(file));
                try (StateDict again = StateDict.read(folder.resolve(file))) {
                    assertThat(again.tensors().keySet()).containsExactlyElementsOf(names);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"views.pt, a.safetensors", "views.safetensors, a.pt", "views.pt, A.PTH"})
    void shouldWriteTheSameBitsInEitherFormat(String fixture, String name) throws Exception {
        Path file = folder.resolve(name);
        try (StateDict state = StateDict.read(ModelFixtures.file(fixture))) {
            state.write(file);
        }
        try (StateDict again = StateDict.read(file)) {
            assertThat(ModelFixtures.describe(again))
                    .containsExactlyInAnyOrderEntriesOf(ModelFixtures.contents("views"));
            Path second = folder.resolve("second-" + name);
            again.write(second);
            assertThat(second).hasSameBinaryContentAs(file);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.safetensors", "model.pt"})
    void shouldCarryAModelWithItsBuffers(String name) {
        Path file = folder.resolve(name);
        try (Model from = model(ModelName.RESNET18, 1);
                Model to = model(ModelName.RESNET18, 2)) {
            try (FlatParameters parameters = FlatParameters.of(from)) {
                parameters.tensors().get("bn1.num_batches_tracked").fill_(new org.bytedeco.pytorch.Scalar(7L));
            }
            try (StateDict state = StateDict.of(from)) {
                state.write(file);
            }
            assertThat(sha256(to)).isNotEqualTo(sha256(from));

            try (StateDict state = StateDict.read(file)) {
                state.loadInto(to);
            }

            assertThat(sha256(to)).isEqualTo(sha256(from));
        }
    }

    @Test
    void shouldCopyTheStateOfAModel() {
        try (Model model = model(ModelName.CNN, 1);
                StateDict state = StateDict.of(model);
                FlatParameters parameters = FlatParameters.of(model)) {
            String before = Tensors.sha256(state.tensors().get("fc3.bias"));
            parameters.load(org.bytedeco.pytorch.global.torch.zeros(parameters.numel()));

            assertThat(Tensors.sha256(state.tensors().get("fc3.bias"))).isEqualTo(before);
        }
    }

    @Test
    void shouldRefuseTheStateOfAnotherModelAndLeaveTheModelAsItWas() {
        try (Model cnn = model(ModelName.CNN, 1);
                Model mlp = model(ModelName.MLP, 1);
                Model lenet = model(ModelName.LENET, 1);
                StateDict state = StateDict.of(cnn);
                StateDict views = StateDict.read(ModelFixtures.file("views.pt"))) {
            String before = sha256(lenet);
            assertThatThrownBy(() -> state.loadInto(mlp))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("state of another model: missing=none, unexpected=conv1.weight, conv1.bias,"
                            + " conv2.weight, conv2.bias, expected=the names of the model's state_dict; choose the model"
                            + " that the state is of");
            assertThatThrownBy(() -> views.loadInto(mlp))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith(
                            "state of another model: missing=fc1.weight, fc1.bias, fc2.weight, fc2.bias,"
                                    + " fc3.weight and 1 more, unexpected=transposed, part, parameter, empty, bool and 8 more, ");
            assertThatThrownBy(() -> state.loadInto(lenet))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("state of another model: tensor=fc1.weight, found=float [120, 256], expected=float"
                            + " [120, 400]; choose the model that the state is of, or convert the tensor");
            assertThat(sha256(lenet)).isEqualTo(before);
        }
    }

    @Test
    void shouldRefuseNamesOfNoFormat() {
        try (Model model = model(ModelName.LOGISTIC, 1);
                StateDict state = StateDict.of(model)) {
            Path file = folder.resolve("model.onnx");
            assertThatThrownBy(() -> state.write(file))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("unknown format: file=" + file + ", expected=a name that ends in .safetensors, .pt or"
                            + " .pth; name it so");
            assertThat(folder).isEmptyDirectory();
        }
    }

    @Test
    void shouldNameFilesThatCannotBeReadOrWritten() {
        Path missing = folder.resolve("missing.pt");
        assertThatThrownBy(() -> StateDict.read(missing))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessage("model file cannot be read: file=" + missing + ", found=not found: " + missing);
        try (StateDict state = StateDict.read(ModelFixtures.file("state.pt"))) {
            Path nowhere = folder.resolve("nowhere/model.pt");
            assertThatThrownBy(() -> state.write(nowhere))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessage("model file cannot be written: file=" + nowhere + ", found=not found: " + nowhere
                            + ".partial");
        }
    }

    @Test
    void shouldReplaceAFileOnlyByACompleteOne() throws Exception {
        Path file = folder.resolve("model.pt");
        Files.writeString(file, "before");
        try (StateDict state = StateDict.read(ModelFixtures.file("state.pt"))) {
            state.add("complex", org.bytedeco.pytorch.global.torch.view_as_complex(Tensors.of(new float[] {1, 2})));
            assertThatThrownBy(() -> state.write(file))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("tensor cannot be written: name=complex, dtype=ComplexFloat, expected=a real number"
                            + " type; convert it");
        }
        assertThat(file).hasContent("before");
        try (StateDict state = StateDict.read(ModelFixtures.file("state.pt"))) {
            state.write(file);
        }
        try (StateDict state = StateDict.read(file)) {
            assertThat(state.tensors()).hasSize(9);
        }
        assertThat(folder.toFile().list()).containsExactly("model.pt");
    }
}
