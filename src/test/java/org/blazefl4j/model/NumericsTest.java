package org.blazefl4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.data.Batch;
import org.blazefl4j.model.Numerics.Autocast;
import org.blazefl4j.model.Numerics.MemoryLayout;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Slow;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NumericsTest {

    private static final ModelSelector<ModelName> SELECTOR = ModelSelector.seeded(42, 3, 32, 32, 10);

    /** The gradients of one batch, then the state with the statistics of batch normalisation. */
    private record Trained(Tensor output, Tensor gradients, Tensor state) {

        static Trained of(ModelName name, Numerics numerics) {
            Model model = SELECTOR.with(numerics).selectModel(name);
            Batch batch = FormulaImages.images(0, 8, 3, 32, 10);
            try (model;
                    FlatParameters parameters = FlatParameters.of(model)) {
                parameters.bind(parameters.flatten());
                model.train();
                Tensor output = model.output(batch.x());
                torch.cross_entropy(output, batch.y()).backward();
                parameters.writeBuffers();
                return new Trained(output.detach(), parameters.gradients().clone(), parameters.flatten());
            }
        }
    }

    @Slow
    @ParameterizedTest
    @EnumSource(names = {"CNN", "RESNET18"})
    void shouldTrainTheSameInBothLayoutsExceptForRounding(ModelName name) {
        try (PointerScope scope = new PointerScope()) {
            Trained contiguous = Trained.of(name, Numerics.DEFAULT);
            Trained channelsLast = Trained.of(name, new Numerics(MemoryLayout.CHANNELS_LAST, Autocast.OFF));

            assertThat(distance(channelsLast.output, contiguous.output)).isLessThan(1e-4);
            assertThat(distance(channelsLast.gradients, contiguous.gradients)).isLessThan(1e-3);
            assertThat(distance(channelsLast.state, contiguous.state)).isLessThan(1e-4);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"CNN", "MLP"})
    void shouldTrainInBfloat16ToItsPrecision(ModelName name) {
        try (PointerScope scope = new PointerScope()) {
            Trained full = Trained.of(name, Numerics.DEFAULT);
            Trained shorter = Trained.of(name, new Numerics(MemoryLayout.AUTO, Autocast.BFLOAT16));

            assertThat(shorter.output.scalar_type().intern()).isEqualTo(ScalarType.Float);
            assertThat(distance(shorter.output, full.output)).isBetween(1e-6, 0.1);
            assertThat(distance(shorter.gradients, full.gradients)).isBetween(1e-6, 0.3);
        }
    }

    /** Does not compare gradients: they pass normalisations over only a few numbers, one per image. */
    @Slow
    @Test
    void shouldComputeAResNetInBfloat16ToItsPrecision() {
        try (PointerScope scope = new PointerScope()) {
            Trained full = Trained.of(ModelName.RESNET18, Numerics.DEFAULT);
            Trained shorter = Trained.of(ModelName.RESNET18, new Numerics(MemoryLayout.AUTO, Autocast.BFLOAT16));

            assertThat(distance(shorter.output, full.output)).isBetween(1e-6, 0.1);
            assertThat(distance(shorter.state, full.state)).isBetween(1e-9, 0.01);
        }
    }

    /** Returns the norm of the difference divided by the norm of the expected values. */
    private static double distance(Tensor actual, Tensor expected) {
        return actual.sub(expected).norm().item_double() / expected.norm().item_double();
    }

    @Test
    void shouldLeaveTheEngineToTheModelUnlessSet() {
        Numerics shorter = new Numerics(MemoryLayout.AUTO, Autocast.BFLOAT16);
        assertThat(Numerics.DEFAULT.engine()).isEqualTo(Engine.AUTO);
        assertThat(shorter.engine()).isEqualTo(Engine.AUTO);

        try (Model model = SELECTOR.with(shorter.withEngine(Engine.LIBTORCH)).selectModel(ModelName.MLP)) {
            assertThat(model.numerics())
                    .isEqualTo(new Numerics(MemoryLayout.AUTO, Autocast.BFLOAT16, Engine.LIBTORCH))
                    .hasToString("Numerics[layout=auto, autocast=bfloat16, engine=libtorch]");
        }
    }

    @Test
    void shouldHaveOneResultForImagesOfAnyLayout() {
        try (PointerScope scope = new PointerScope();
                Model model = SELECTOR.selectModel(ModelName.CNN)) {
            Tensor images = FormulaImages.inputs(0, 4, 3, 32, 32);
            String expected = Tensors.sha256(model.output(images));

            assertThat(Tensors.sha256(model.output(images.contiguous(MemoryFormat.ChannelsLast))))
                    .isEqualTo(expected);
        }
    }

    @Test
    void shouldChooseTheLayoutOfConvolutionalModelsByTheType() {
        for (ModelName name : List.of(ModelName.CNN, ModelName.RESNET18)) {
            try (Model model = SELECTOR.selectModel(name)) {
                assertThat(model.quickestLayout(Autocast.OFF)).isEqualTo(MemoryLayout.CONTIGUOUS);
                assertThat(model.quickestLayout(Autocast.BFLOAT16)).isEqualTo(MemoryLayout.CHANNELS_LAST);
            }
        }
    }

    @Test
    void shouldUseTheModelsQuickestLayout() {
        List<long[]> seen = new ArrayList<>();
        Model looking = new Model() {
            @Override
            public Tensor forward(Tensor x) {
                seen.add(strides(x));
                return x.sum();
            }

            @Override
            protected MemoryLayout quickestLayout(Autocast autocast) {
                return MemoryLayout.CHANNELS_LAST;
            }
        };
        try (looking;
                PointerScope scope = new PointerScope()) {
            looking.output(FormulaImages.inputs(0, 2, 3, 5, 4));
            looking.setNumerics(new Numerics(MemoryLayout.CONTIGUOUS, Autocast.OFF));
            looking.output(FormulaImages.inputs(0, 2, 3, 5, 4));
        }
        assertThat(seen).containsExactly(new long[] {60, 1, 12, 3}, new long[] {60, 20, 4, 1});
    }

    private static long[] strides(Tensor x) {
        return LongStream.range(0, x.dim()).map(x::stride).toArray();
    }

    /** LibTorch cannot tell layouts of one channel or one pixel apart, so the layout must be explicit. */
    @Test
    void shouldLayOutImagesOfOneChannelAsRequested() {
        try (PointerScope scope = new PointerScope()) {
            Tensor rows = FormulaImages.inputs(0, 2, 1, 5, 4);
            Tensor pixels = MemoryLayout.CHANNELS_LAST.apply(rows);
            Tensor again = MemoryLayout.CONTIGUOUS.apply(pixels);

            assertThat(strides(pixels)).containsExactly(20, 1, 4, 1);
            assertThat(strides(again)).containsExactly(20, 20, 4, 1);
            assertThat(torch.equal(pixels, rows)).isTrue();
            assertThat(torch.equal(again, rows)).isTrue();
        }
    }

    @Test
    void shouldRestoreTheThreadsAutocastEvenIfTheModelFails() {
        Model failing = new Model() {
            @Override
            public Tensor forward(Tensor x) {
                throw new IllegalStateException("enabled=" + torch.is_autocast_enabled(DeviceType.CPU));
            }
        };
        failing.setNumerics(new Numerics(MemoryLayout.AUTO, Autocast.BFLOAT16));
        boolean cached = torch.is_autocast_cache_enabled();
        try (failing;
                PointerScope scope = new PointerScope()) {
            assertThatThrownBy(() -> failing.output(torch.ones(1, 2))).hasMessage("enabled=true");
        }
        assertThat(torch.is_autocast_enabled(DeviceType.CPU)).isFalse();
        assertThat(torch.is_autocast_cache_enabled()).isEqualTo(cached);
    }
}
