package org.blazefl4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tests a model that a user defines. */
class ModelTest {

    /** A model with layers, a parameter, a buffer, nested models, and a random layer deep inside. */
    private static final class Net extends Model {
        private final Conv2dImpl conv = conv2d("conv", 1, 2, 3);
        private final Tensor scale = parameter("scale", torch.ones(2, 1, 1));
        private final Tensor shift = buffer("shift", torch.zeros(1));
        private final LinearImpl hidden = new LinearImpl(18, 8);
        private final Sequential head = register(
                "head",
                new Sequential()
                        .add(new Dropout(0.5))
                        .add(hidden, hidden::forward)
                        .add(Tensor::relu));
        private final LinearImpl last = linear("last", 8, 2, false);

        @Override
        public Tensor forward(Tensor x) {
            Tensor features = conv.forward(x).mul(scale).add(shift).flatten(1, -1);
            return last.forward(head.forward(features));
        }
    }

    private final PointerScope scope = new PointerScope();

    @AfterEach
    void free() {
        scope.close();
    }

    @Test
    void shouldNameItsStateLikePyTorch() {
        try (Net net = new Net();
                FlatParameters parameters = FlatParameters.of(net)) {
            assertThat(parameters.names())
                    .containsExactly(
                            "scale",
                            "shift",
                            "conv.weight",
                            "conv.bias",
                            "head.1.weight",
                            "head.1.bias",
                            "last.weight");
        }
    }

    @Test
    void shouldOutliveThePointerScopeInWhichItWasMade() {
        Net net;
        try (PointerScope making = new PointerScope()) {
            net = new Net();
        }
        net.eval();
        assertThat(net.forward(input()).shape()).containsExactly(4, 2);
        net.close();
    }

    @Test
    void shouldFreeItselfAndItsLayersOnce() {
        scope.close();
        Net net = new Net();
        net.close();
        net.close();

        assertThat(net.isNull()).isTrue();
        assertThat(net.conv.isNull()).isTrue();
        assertThat(net.scale.isNull()).isTrue();
        assertThat(net.hidden.isNull()).isTrue();
        assertThat(net.head.isNull()).isTrue();
    }

    @Test
    void shouldFreeTheMemoryOfItsParameters() {
        scope.close();
        Net net = new Net();
        Tensor convolution;
        Tensor own = net.scale.detach();
        try (PointerScope look = new PointerScope()) {
            convolution = net.named_parameters(true).get("conv.weight").detach().retainReference();
        }
        assertThat(convolution.storage().use_count()).isEqualTo(2);
        net.close();

        assertThat(convolution.storage().use_count()).isEqualTo(1);
        assertThat(own.storage().use_count()).isEqualTo(1);
        convolution.close();
        own.close();
    }

    /** Cloning fails: create and load another model instead. */
    @Test
    void shouldNotBeCloneableByLibTorch() {
        try (Net net = new Net()) {
            assertThatThrownBy(() -> net.clone(new DeviceOptional()))
                    .hasMessageContaining("clone() has not been implemented");
        }
    }

    @Test
    void shouldOwnModulesRegisteredByLibTorchsMethod() {
        scope.close();
        Dropout layer = new Dropout(0.5);
        Sequential net = new Sequential();
        net.register_module("layer", layer);
        net.setGenerator(torch.make_generator_cpu(1));
        layer.forward(torch.ones(2)).close();
        net.close();

        assertThat(layer.isNull()).isTrue();
    }

    @Test
    void shouldGiveItsGeneratorToLayersWithin() {
        try (Net net = new Net()) {
            net.setGenerator(torch.make_generator_cpu(5));
            Tensor first = net.forward(input());
            net.setGenerator(torch.make_generator_cpu(5));
            Tensor again = net.forward(input());
            net.setGenerator(torch.make_generator_cpu(6));
            Tensor other = net.forward(input());

            assertThat(Tensors.sha256(again)).isEqualTo(Tensors.sha256(first));
            assertThat(Tensors.sha256(other)).isNotEqualTo(Tensors.sha256(first));
        }
    }

    @Test
    void shouldAskForAGeneratorOnlyWhileTraining() {
        try (Net net = new Net()) {
            assertThatThrownBy(() -> net.forward(input()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("no random stream: layer=Dropout");
            net.eval();
            assertThat(net.forward(input()).shape()).containsExactly(4, 2);
            net.train();
            assertThat(net.is_training()).isTrue();
            assertThatThrownBy(() -> net.forward(input())).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void shouldTrainParametersButNoBuffers() {
        try (Net net = new Net()) {
            net.setGenerator(torch.make_generator_cpu(5));
            net.forward(input()).sum().backward();

            assertThat(net.scale.grad().defined()).isTrue();
            assertThat(net.shift.requires_grad()).isFalse();
        }
    }

    private static Tensor input() {
        return FormulaImages.inputs(0, 4, 1, 5, 5);
    }
}
