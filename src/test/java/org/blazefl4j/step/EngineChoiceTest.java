package org.blazefl4j.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.blazefl4j.binding.Native;
import org.blazefl4j.model.Engine;
import org.blazefl4j.model.Layer;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.model.Numerics;
import org.blazefl4j.model.Numerics.Autocast;
import org.blazefl4j.model.Numerics.MemoryLayout;
import org.blazefl4j.model.Sequential;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class EngineChoiceTest {

    /** Declares no layers, so that no engine but LibTorch can know them. */
    private static final class Opaque extends Model {
        @Override
        public Tensor forward(Tensor x) {
            return x;
        }
    }

    private static EngineChoice choose(Engine engine, Autocast autocast, boolean onCpu) {
        try (Model model = new Opaque()) {
            model.setNumerics(new Numerics(MemoryLayout.AUTO, autocast, engine));
            return EngineChoice.of(model, new long[] {1, 28, 28}, onCpu);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "AUTO, OFF, true, libtorch (layers not declared)",
        "AUTO, BFLOAT16, true, libtorch (autocast bfloat16)",
        "AUTO, OFF, false, libtorch (on cuda)",
        "LIBTORCH, OFF, true, libtorch",
    })
    void shouldSayWhyTheEngineIsLibTorch(Engine engine, Autocast autocast, boolean onCpu, String text) {
        EngineChoice choice = choose(engine, autocast, onCpu);

        assertThat(choice.engine()).isEqualTo(Engine.LIBTORCH);
        assertThat(choice).hasToString(text);
    }

    @ParameterizedTest
    @CsvSource({
        "OFF, true, layers not declared",
        "BFLOAT16, true, autocast bfloat16",
        "OFF, false, on cuda",
    })
    void shouldRefuseTheNativeEngineForAModelThatItCannotCompute(Autocast autocast, boolean onCpu, String found) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> choose(Engine.NATIVE, autocast, onCpu))
                .withMessage("native engine cannot compute the model: engine=native, model=Opaque, found=" + found
                        + "; choose auto or libtorch");
    }

    private static EngineChoice choose(Model model, Engine engine, long... sample) {
        try (model) {
            model.setNumerics(Numerics.DEFAULT.withEngine(engine));
            return EngineChoice.of(model, sample, true);
        }
    }

    @Test
    void shouldChooseTheNativeEngineForNetsThatGainFromIt() {
        String found = "native (" + Native.netKernels() + ")";
        List<ModelName> names =
                List.of(ModelName.CNN, ModelName.MCMAHAN, ModelName.LENET, ModelName.MLP, ModelName.LOGISTIC);
        for (ModelName name : names) {
            assertThat(choose(name.create(1, 28, 28, 10), Engine.AUTO, 1, 28, 28))
                    .hasToString(found);
        }
    }

    /** Asked for by name, the engine computes what it covers, whether it gains or not. */
    @Test
    void shouldLeaveNetsThatDoNotGainToLibTorchUnlessAskedTo() {
        Supplier<Model> wide =
                () -> new Sequential().add(Layer.convolution(64, 2, 3), Layer.flatten(), Layer.linear(2, 2));
        assertThat(choose(wide.get(), Engine.AUTO, 64, 3, 3)).hasToString("libtorch (convolution of 64 channels)");
        assertThat(choose(wide.get(), Engine.NATIVE, 64, 3, 3).engine()).isEqualTo(Engine.NATIVE);
    }

    @Test
    void shouldLeaveALayoutThatIsAskedForToLibTorch() {
        try (Model model = ModelName.CNN.create(3, 32, 32, 10)) {
            model.setNumerics(new Numerics(MemoryLayout.CHANNELS_LAST, Autocast.OFF));
            assertThat(EngineChoice.of(model, new long[] {3, 32, 32}, true))
                    .hasToString("libtorch (memory format channels_last)");
        }
    }

    /** LibTorch's own registration bypasses the declaration. */
    @Test
    void shouldLeaveNetsWithFurtherStateToLibTorch() {
        Sequential net = new Sequential().add(Layer.flatten(), Layer.linear(4, 2));
        net.register_buffer("count", torch.zeros(1));
        assertThat(choose(net, Engine.AUTO, 4)).hasToString("libtorch (state besides the layers)");
    }

    static Stream<Arguments> refused() {
        Layer conv = Layer.convolution(1, 2, 3);
        Layer flat = Layer.flatten();
        Layer fc = Layer.linear(72, 3);
        return Stream.of(
                refused("layer 0 is Relu[], expected=ReLU after a convolution", Layer.relu(), conv, flat, fc),
                refused("layer 0 is Dropout[probability=0.5], expected=", Layer.dropout(0.5), conv, flat, fc),
                refused("layer 1 is Linear[in=72, out=3, bias=true], expected=flatten before it", conv, fc),
                refused(
                        "layer 3 is Linear[in=72, out=3, bias=true], expected=one that takes samples of shape [2, 3, 3]",
                        conv,
                        Layer.maxPool(),
                        Layer.flatten(),
                        fc),
                refused("layer 0 is Convolution[in=1, out=2, kernel=12", Layer.convolution(1, 2, 12, 5), flat, fc),
                refused(
                        "layer 0 is Convolution[in=1, out=2, kernel=3, padding=3",
                        Layer.convolution(1, 2, 3, 3),
                        flat,
                        fc),
                refused(
                        "layer 0 is Convolution[in=2, out=2, kernel=3, padding=0, bias=true], expected=one that takes"
                                + " samples of shape [1, 8, 8]",
                        Layer.convolution(2, 2, 3),
                        flat,
                        fc),
                refused(
                        "layer 2 is MaxPool[], expected=at most one max pooling",
                        conv,
                        Layer.maxPool(),
                        Layer.maxPool()),
                refused("the last linear layer has ReLU", conv, flat, fc, Layer.relu()),
                refused("no linear layer", conv, flat));
    }

    private static Arguments refused(String text, Layer... layers) {
        return Arguments.of(text, List.of(layers));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void shouldNameTheLayerThatTheNativeEngineDoesNotCover(String text, List<Layer> layers) {
        Supplier<Model> net = () -> new Sequential().add(layers.toArray(Layer[]::new));
        assertThat(choose(net.get(), Engine.AUTO, 1, 8, 8).engine()).isEqualTo(Engine.LIBTORCH);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> choose(net.get(), Engine.NATIVE, 1, 8, 8))
                .withMessageStartingWith(
                        "native engine cannot compute the model: engine=native, model=Sequential, found=")
                .withMessageContaining(text)
                .withMessageEndingWith("; choose auto or libtorch");
    }

    @Test
    void shouldNameTheKernelsOfTheNativeEngine() {
        assertThat(new EngineChoice(Engine.NATIVE, "avx2")).hasToString("native (avx2)");
    }
}
