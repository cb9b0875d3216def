package org.blazefl4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.blazefl4j.modelfile.ModelFixtures;
import org.blazefl4j.modelfile.StateDict;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TorchScript files, which PyTorch wrote by {@code model_files.py}, are models like any other. */
final class TorchScriptModelTest {

    @TempDir
    private Path folder;

    private static Model model(String name) {
        return Model.torchScript(ModelFixtures.file(name));
    }

    /** The network of {@code cnn.ts} as the library declares it. */
    private static Model declared() {
        return DefaultGenerator.seeded(
                7,
                () -> new Sequential()
                        .add("conv1", Layer.convolution(1, 4, 3))
                        .add(Layer.maxPool(), Layer.relu())
                        .add("conv2", Layer.convolution(4, 8, 2))
                        .add(Layer.maxPool(), Layer.relu(), Layer.flatten())
                        .add("fc1", Layer.linear(32, 16))
                        .add(Layer.relu())
                        .add("fc2", Layer.linear(16, 3)));
    }

    /** Trains a model in one vector; returns the losses, and the hash of what comes out. */
    private record Course(List<Double> losses, String sha256) {

        static Course of(Model model, int steps, long... shape) {
            List<Double> losses = new ArrayList<>();
            try (FlatParameters parameters = FlatParameters.of(model);
                    Generator data = torch.createCPUGenerator(1);
                    Generator dropout = torch.createCPUGenerator(2);
                    PointerScope outer = new PointerScope()) {
                var optional = new org.bytedeco.pytorch.GeneratorOptional(data);
                Tensor x = torch.empty(shape).normal_(0, 1, optional);
                Tensor y = torch.empty(new long[] {shape[0]}, new TensorOptions(ScalarType.Long), null)
                        .random_(0, new org.bytedeco.pytorch.LongOptional(3), optional);
                Tensor flat = parameters.flatten();
                parameters.bind(flat);
                model.train(true);
                model.setGenerator(dropout);
                for (int i = 0; i < steps; i++) {
                    try (PointerScope scope = new PointerScope()) {
                        parameters.dropGradients();
                        Tensor loss = torch.cross_entropy(model.output(x), y);
                        loss.backward();
                        parameters.sgdStep(0.1);
                        losses.add(loss.item_double());
                    }
                }
                parameters.writeBuffers();
                String sha256 = Tensors.sha256(flat);
                parameters.unbind();
                return new Course(losses, sha256);
            }
        }
    }

    @Test
    void shouldHaveTheNamesOfPyTorchsStateDict() {
        try (Model model = model("net.ts");
                FlatParameters parameters = FlatParameters.of(model)) {
            assertThat(parameters.names())
                    .containsExactly(
                            "scale",
                            "batches",
                            "features.0.weight",
                            "features.0.bias",
                            "features.1.weight",
                            "features.1.bias",
                            "features.1.running_mean",
                            "features.1.running_var",
                            "features.1.num_batches_tracked",
                            "fc.weight",
                            "fc.bias");
            assertThat(parameters.fixed().numel()).isEqualTo(3 + 1 + 4 + 4 + 1);
            assertThat(model.layers()).isEmpty();
        }
    }

    @Test
    void shouldLoseAsTheLibrarysNetDoes() {
        try (Model ours = declared();
                Model theirs = model("cnn.ts");
                StateDict state = StateDict.of(ours)) {
            state.loadInto(theirs);
            List<Double> expected = Course.of(ours, 20, 8, 1, 12, 12).losses();
            List<Double> losses = Course.of(theirs, 20, 8, 1, 12, 12).losses();

            assertThat(expected.get(19)).isLessThan(expected.get(0));
            for (int i = 0; i < 20; i++) {
                assertThat(losses.get(i)).isCloseTo(expected.get(i), within(1e-5));
            }
        }
    }

    private static Tensor pool(Tensor x, long[] kernel, long[] stride, long padding, long dilation, boolean ceil) {
        long[] around = {padding, padding};
        return torch.max_pool2d(x, kernel, stride, around, new long[] {dilation, dilation}, ceil)
                .flatten(1, -1);
    }

    private static Tensor pools(Tensor x) {
        long[] two = {2, 2};
        return torch.cat(
                new TensorVector(
                        pool(x, two, two, 0, 1, false),
                        pool(x, new long[] {3, 3}, two, 1, 1, false),
                        pool(x, two, two, 0, 1, true),
                        pool(x, two, two, 0, 2, false),
                        pool(x, new long[] {2, 3}, new long[] {1, 2}, 0, 1, false),
                        pool(x, new long[] {4, 4}, new long[] {4, 4}, 0, 1, false)),
                1);
    }

    private static Tensor relus(Tensor x) {
        long[] two = {2, 2};
        Tensor shared = x.neg().relu();
        return torch.cat(
                new TensorVector(
                        pool(x.relu(), two, two, 0, 1, false),
                        pool(shared, new long[] {3, 3}, two, 1, 1, false),
                        shared.flatten(1, -1)),
                1);
    }

    /** Returns the hashes of an output and of the input's gradient. */
    private static List<String> passes(UnaryOperator<Tensor> forward, Tensor values) {
        Tensor x = values.detach().clone().set_requires_grad(true);
        Tensor output = forward.apply(x);
        Tensor weights = torch.arange(new Scalar((double) output.numel())).view(output.shape());
        output.mul(weights).sum().backward();
        return List.of(Tensors.sha256(output), Tensors.sha256(x.grad()));
    }

    /** Images of few values, so that windows have several greatest elements, or none above zero. */
    @Test
    void shouldPoolWithTheBitsAndGradientsOfLibTorch() {
        try (Model pools = model("pools.ts");
                Model relus = model("relus.ts");
                PointerScope scope = new PointerScope()) {
            pools.train(true);
            torch.manual_seed(4);
            Tensor ties = torch.randint(-3, 3, new long[] {3, 2, 9, 9}).toType(ScalarType.Float);
            for (Tensor x : List.of(
                    ties, torch.randn(3, 2, 9, 9), torch.randn(3, 2, 9, 9).permute(0, 1, 3, 2))) {
                assertThat(passes(pools::forward, x)).isEqualTo(passes(TorchScriptModelTest::pools, x));
                assertThat(passes(relus::forward, x)).isEqualTo(passes(TorchScriptModelTest::relus, x));
            }
        }
        try (Model model = model("cnn.ts");
                PointerScope scope = new PointerScope()) {
            assertThat(model.forward(torch.zeros(0, 1, 12, 12)).shape()).containsExactly(0, 3);
        }
    }

    @ParameterizedTest
    @CsvSource({"net.ts, 4", "recurrent.ts, 4", "cnn.ts, 12", "channels-last.ts, 4"})
    void shouldGiveTheSameBitsHoweverOftenTheModuleRanBefore(String name, int size) {
        try (Model fresh = model(name);
                Model used = model(name);
                StateDict initial = StateDict.of(fresh)) {
            Course.of(used, 5, 8, 1, size, size);
            Course.of(used, 3, 5, 1, size, size);
            initial.loadInto(used);

            Course expected = Course.of(fresh, 6, 8, 1, size, size);
            assertThat(Course.of(used, 6, 8, 1, size, size)).isEqualTo(expected);
            assertThat(expected.losses()).doesNotHaveDuplicates();
        }
    }

    @Test
    void shouldTrainBuffersAndKeepFrozenParameters() {
        try (Model model = model("net.ts")) {
            Course.of(model, 3, 8, 1, 4, 4);
            try (StateDict state = StateDict.of(model)) {
                assertThat(state.tensors().get("batches").item_long()).isEqualTo(3);
                assertThat(state.tensors().get("features.1.num_batches_tracked").item_long())
                        .isEqualTo(3);
                assertThat(state.tensors().get("scale").select(0, 0).item_float())
                        .isEqualTo(2f);
            }
            model.eval();
            try (PointerScope scope = new PointerScope()) {
                model.forward(torch.zeros(2, 1, 4, 4));
            }
            try (StateDict state = StateDict.of(model)) {
                assertThat(state.tensors().get("batches").item_long()).isEqualTo(3);
            }
        }
    }

    @Test
    void shouldDrawFromTheModelsStreamAlone() {
        try (Model model = model("net.ts");
                StateDict initial = StateDict.of(model)) {
            byte[] look = DefaultGenerator.look();
            Course first = Course.of(model, 3, 8, 1, 4, 4);
            initial.loadInto(model);
            torch.manual_seed(99);
            DefaultGenerator.movedSince(look);

            assertThat(Course.of(model, 3, 8, 1, 4, 4)).isEqualTo(first);
            assertThat(DefaultGenerator.movedSince(look)).isFalse();
        }
    }

    @Test
    void shouldAskForAStreamWhereItDrawsOnly() {
        try (Model draws = model("net.ts");
                Model plain = model("recurrent.ts");
                PointerScope scope = new PointerScope()) {
            Tensor x = torch.zeros(2, 1, 4, 4);
            draws.train(true);
            plain.train(true);

            assertThat(plain.forward(x).shape()).containsExactly(2, 3);
            assertThatThrownBy(() -> draws.forward(x))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("no random stream: layer=TorchScriptModel, generator=null; call ");
        }
    }

    @Test
    void shouldDrawFromTheModelsStreamInLaterSteps() {
        byte[] look = DefaultGenerator.look();
        try (Model late = model("late.ts");
                Model again = model("late.ts")) {
            Course first = Course.of(late, 5, 8, 1, 4, 4);
            torch.manual_seed(98);
            DefaultGenerator.movedSince(look);

            assertThat(Course.of(again, 5, 8, 1, 4, 4)).isEqualTo(first);
            assertThat(DefaultGenerator.movedSince(look)).isFalse();
        }
    }

    @Test
    void shouldDrawTheSameInEachEvaluation() {
        try (Model model = model("always.ts");
                PointerScope scope = new PointerScope()) {
            Tensor x = torch.ones(8, 1, 4, 4);
            model.eval();
            byte[] look = DefaultGenerator.look();
            String first = Tensors.sha256(model.forward(x));
            assertThat(DefaultGenerator.movedSince(look)).isFalse();
            torch.manual_seed(97);

            assertThat(Tensors.sha256(model.forward(x))).isEqualTo(first);
            assertThat(Tensors.sha256(model.forward(x).select(0, 0)))
                    .as("dropped")
                    .isNotEqualTo(Tensors.sha256(model.forward(x).select(0, 1)));
        }
    }

    @Test
    void shouldFreeItsOutputsWithTheCallersScope() {
        try (Model model = model("recurrent.ts")) {
            model.eval();
            Tensor kept;
            try (PointerScope scope = new PointerScope()) {
                kept = model.forward(torch.zeros(2, 1, 4, 4));
                assertThat(kept.isNull()).isFalse();
            }
            assertThat(kept.isNull()).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "double.ts|TorchScript module cannot be trained: file=FILE, tensor=1.weight, dtype=Double, expected=Float;"
                        + " save net.float()",
                "state.pt|not a TorchScript file: file=FILE, found=PytorchStreamReader failed locating file"
                        + " constants.pkl: file not found, expected=one of torch.jit.script(net).save(...)",
                "contents.txt|not a TorchScript file: file=FILE, found=PytorchStreamReader failed reading zip archive:"
                        + " failed finding central directory, expected=one of torch.jit.script(net).save(...)",
            })
    void shouldRefuseWhatCannotBeTrained(String name, String message) {
        Path file = ModelFixtures.file(name);
        assertThatThrownBy(() -> Model.torchScript(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message.replace("FILE", file.toString()));
    }

    @Test
    void shouldSayWhatFailsInTheModule() {
        try (Model model = model("recurrent.ts");
                Model pair = model("pair.ts");
                PointerScope scope = new PointerScope()) {
            assertThatThrownBy(() -> model.forward(torch.zeros(2, 1, 4, 5)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("TorchScript module failed: file=" + ModelFixtures.file("recurrent.ts")
                            + ", found=input.size(-1) must be equal to input_size. Expected 4, got 5");
            assertThatThrownBy(() -> pair.forward(torch.zeros(2, 1, 4, 4)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("TorchScript module with another output: file=" + ModelFixtures.file("pair.ts")
                            + ", output=Tuple, expected=Tensor; save a module that returns one");
        }
    }

    @Test
    void shouldNameSharedParameters() {
        try (Model model = model("tied.ts")) {
            assertThatThrownBy(() -> FlatParameters.of(model))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("state registered twice: names=a.weight and b.weight; register a shared tensor once");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a file.ts", "größe.ts"})
    void shouldReadFilesOfAnyName(String name) throws Exception {
        Path file = Files.copy(ModelFixtures.file("recurrent.ts"), folder.resolve(name));
        try (Model model = Model.torchScript(file)) {
            assertThat(model.is_training()).isTrue();
        }
    }
}
