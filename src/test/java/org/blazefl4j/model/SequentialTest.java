package org.blazefl4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.Supplier;
import org.blazefl4j.model.Numerics.Autocast;
import org.blazefl4j.model.Numerics.MemoryLayout;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Sequences of declared layers and of opaque steps. */
class SequentialTest {

    private final PointerScope scope = new PointerScope();

    @AfterEach
    void free() {
        scope.close();
    }

    private static Sequential declared() {
        return new Sequential()
                .add(Layer.convolution(1, 2, 3, 1), Layer.relu(), Layer.maxPool(), Layer.flatten(), Layer.dropout(0.5))
                .add("fc", new Layer.Linear(8, 3, false));
    }

    @Test
    void shouldSayItsLayers() {
        try (Sequential net = declared()) {
            assertThat(net.layers())
                    .contains(List.of(
                            new Layer.Convolution(1, 2, 3, 1, true),
                            new Layer.Relu(),
                            new Layer.MaxPool(),
                            new Layer.Flatten(),
                            new Layer.Dropout(0.5),
                            new Layer.Linear(8, 3, false)));
        }
    }

    @Test
    void shouldNameLayersByPositionUnlessTheyAreNamed() {
        try (Sequential net = declared().add(Layer.linear(3, 2));
                FlatParameters flat = FlatParameters.of(net)) {
            assertThat(flat.names()).containsExactly("0.weight", "0.bias", "fc.weight", "6.weight", "6.bias");
        }
    }

    @Test
    void shouldComputeItsLayersInOrder() {
        try (Sequential net = declared()) {
            net.eval();
            Tensor x = FormulaImages.inputs(0, 3, 1, 4, 4);
            Tensor weight = net.named_parameters().get("0.weight");
            Tensor convolved = torch.conv2d(
                    x,
                    weight,
                    new TensorOptional(net.named_parameters().get("0.bias")),
                    new long[] {1, 1},
                    new long[] {1, 1},
                    new long[] {1, 1},
                    1);
            Tensor pooled = torch.max_pool2d(convolved.relu(), 2, 2);
            Tensor expected =
                    torch.linear(pooled.flatten(1, -1), net.named_parameters().get("fc.weight"));

            assertThat(Tensors.sha256(net.forward(x))).isEqualTo(Tensors.sha256(expected));
        }
    }

    @Test
    void shouldDrawDropoutFromTheModelsStream() {
        try (Sequential net = declared()) {
            assertThatThrownBy(() -> net.forward(FormulaImages.inputs(0, 3, 1, 4, 4)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("no random stream: layer=Dropout");
        }
    }

    /** ReLU writes into the output of a layer that made it, never into what the caller or another step owns. */
    @Test
    void shouldLeaveItsInputAsItIs() {
        Tensor x = torch.tensor(-1.0f, 2.0f).view(1, 2);
        try (Sequential first = new Sequential().add(Layer.relu());
                Sequential flat = new Sequential().add(Layer.flatten(), Layer.relu());
                Sequential dropped = new Sequential().add(Layer.dropout(0), Layer.relu());
                Sequential opaque = new Sequential().add(t -> t).add(Layer.relu())) {
            for (Sequential net : List.of(first, flat, dropped, opaque)) {
                assertThat(net.forward(x).sum().item_float()).isEqualTo(2);
                assertThat(x.sum().item_float()).isEqualTo(1);
            }
        }
    }

    @Test
    void shouldSayNoLayersWithAnOpaqueStep() {
        for (Supplier<Sequential> with : List.<Supplier<Sequential>>of(
                () -> declared().add(Tensor::relu),
                () -> new Sequential().add(Tensor::relu).add(Layer.linear(2, 2)),
                () -> declared().add(new Dropout(0.5)),
                () -> declared().add(declared()))) {
            try (Sequential net = with.get()) {
                assertThat(net.layers()).isEmpty();
            }
        }
    }

    @Test
    void shouldSayNoLayersWithStateThatBelongsToNone() {
        try (Sequential net = declared()) {
            net.register_module("stray", new Mlp(2, 2));
            assertThat(net.layers()).isEmpty();
        }
    }

    @Test
    void shouldBeAnEmptyDeclarationWithoutSteps() {
        try (Sequential net = new Sequential()) {
            assertThat(net.layers()).contains(List.of());
        }
    }

    @Test
    void shouldComputeConvolutionsInTheirQuickestLayout() {
        try (Sequential net = declared();
                Sequential linear = new Sequential().add(Layer.linear(2, 2))) {
            assertThat(net.quickestLayout(Autocast.OFF)).isEqualTo(MemoryLayout.CONTIGUOUS);
            assertThat(net.quickestLayout(Autocast.BFLOAT16)).isEqualTo(MemoryLayout.CHANNELS_LAST);
            assertThat(linear.quickestLayout(Autocast.BFLOAT16)).isEqualTo(MemoryLayout.CONTIGUOUS);
        }
    }

    @Test
    void shouldRefuseLayersOfNoSize() {
        String remedy = "; give a larger number";
        assertThatThrownBy(() -> Layer.convolution(0, 1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("convolution: in=0, limit=at least 1" + remedy);
        assertThatThrownBy(() -> Layer.convolution(1, 0, 1))
                .hasMessage("convolution: out=0, limit=at least 1" + remedy);
        assertThatThrownBy(() -> Layer.convolution(1, 1, 0))
                .hasMessage("convolution: kernel=0, limit=at least 1" + remedy);
        assertThatThrownBy(() -> Layer.convolution(1, 1, 1, -1))
                .hasMessage("convolution: padding=-1, limit=at least 0" + remedy);
        assertThatThrownBy(() -> Layer.linear(0, 1)).hasMessage("linear: in=0, limit=at least 1" + remedy);
        assertThatThrownBy(() -> Layer.linear(1, -2)).hasMessage("linear: out=-2, limit=at least 1" + remedy);
        assertThatThrownBy(() -> Layer.dropout(1.5))
                .hasMessage("dropout: probability=1.5, limit=[0, 1]; give the share of elements to zero");
    }
}
