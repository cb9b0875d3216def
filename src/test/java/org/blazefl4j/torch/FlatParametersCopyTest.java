package org.blazefl4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.blazefl4j.model.FormulaImages;
import org.blazefl4j.model.Model;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tests copies of the state: order, counters, and rejected arguments. */
class FlatParametersCopyTest {

    private final PointerScope scope = new PointerScope();
    private final SmallNet net = SmallNet.seeded(1);
    private final FlatParameters parameters = FlatParameters.of(net);

    @AfterEach
    void free() {
        parameters.close();
        net.close();
        scope.close();
    }

    @Test
    void shouldPutBuffersBetweenParametersLikeStateDict() {
        assertThat(parameters.names())
                .containsExactly(
                        "conv.weight",
                        "norm.weight",
                        "norm.bias",
                        "norm.running_mean",
                        "norm.running_var",
                        "norm.num_batches_tracked",
                        "fc.weight",
                        "fc.bias");
        assertThat(parameters.numel()).isEqualTo(SmallNet.NUMEL);
    }

    @Test
    void shouldFlattenEachTensorAtItsPlace() {
        trainOneStep(net);
        float[] flat = Elements.floats(parameters.flatten());

        assertThat(Elements.floats(net.named_parameters(true).get("conv.weight")))
                .containsExactly(Elements.part(flat, SmallNet.CONV, 54));
        assertThat(Elements.floats(net.named_buffers(true).get("norm.running_var")))
                .containsExactly(Elements.part(flat, SmallNet.RUNNING_VAR, 3));
        assertThat(flat[SmallNet.COUNTER]).isEqualTo(1);
        assertThat(Elements.floats(net.named_parameters(true).get("fc.weight")))
                .containsExactly(Elements.part(flat, SmallNet.FC, 108));
    }

    @Test
    void shouldOverwriteTheWholeStateWhenLoading() {
        trainOneStep(net);
        Tensor flat = parameters.flatten();
        try (SmallNet other = SmallNet.seeded(2);
                FlatParameters others = FlatParameters.of(other)) {
            others.load(withCounter(torch.full(new long[] {SmallNet.NUMEL}, new Scalar(Float.NaN)), 77));
            others.load(flat);

            assertThat(Tensors.sha256(others.flatten())).isEqualTo(Tensors.sha256(flat));
            assertThat(counter(other)).isEqualTo(1);
        }
    }

    @Test
    void shouldLeaveTheLoadedVectorAloneWhenTheModelTrains() {
        Tensor payload = parameters.flatten();
        String before = Tensors.sha256(payload);
        parameters.load(payload);

        trainOneStep(net);

        assertThat(Tensors.sha256(payload)).isEqualTo(before);
        assertThat(Tensors.sha256(parameters.flatten())).isNotEqualTo(before);
    }

    /** Shows why load() does not use LibTorch's vector_to_parameters. */
    @Test
    void shouldCopyUnlikeLibTorchsVectorToParameters() {
        try (LinearImpl linear = new LinearImpl(3, 2)) {
            Tensor payload = torch.ones(8);
            torch.vector_to_parameters(payload, linear.parameters());

            linear.forward(torch.ones(1, 3)).sum().backward();
            plainStep(linear.parameters(), 0.5);

            assertThat(Elements.floats(payload)).containsOnly(0.5f);
        }
    }

    @Test
    void shouldRoundCountersInsteadOfTruncating() {
        parameters.load(withCounter(parameters.flatten(), 2.9999f));
        assertThat(counter(net)).isEqualTo(3);

        parameters.load(withCounter(parameters.flatten(), 7.25f));
        assertThat(counter(net)).isEqualTo(7);
    }

    @Test
    void shouldRefuseACounterThatIsNotFiniteAndChangeNothing() {
        String before = Tensors.sha256(parameters.flatten());
        Tensor damaged = withCounter(torch.zeros(SmallNet.NUMEL), Float.NaN);

        assertThatThrownBy(() -> parameters.load(damaged))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("counter is not finite: name=norm.num_batches_tracked;"
                        + " the vector is damaged or its training diverged");
        assertThat(Tensors.sha256(parameters.flatten())).isEqualTo(before);
    }

    /** A net with two counters. */
    private static final class TwoNorms extends Model {

        TwoNorms() {
            batchNorm2d("first", 1);
            batchNorm2d("second", 1);
        }

        @Override
        public Tensor forward(Tensor x) {
            return x;
        }
    }

    @Test
    void shouldCopyEachOfSeveralCountersAndNameTheDamagedOne() {
        try (TwoNorms norms = new TwoNorms();
                FlatParameters both = FlatParameters.of(norms)) {
            both.load(Tensors.of(new float[] {1, 0, 0, 1, 3.9f, 1, 0, 0, 1, 8.1f}));
            assertThat(Elements.floats(both.flatten())).containsExactly(1, 0, 0, 1, 4, 1, 0, 0, 1, 8);

            Tensor damaged = Tensors.of(new float[] {1, 0, 0, 1, 5, 1, 0, 0, 1, Float.POSITIVE_INFINITY});
            assertThatThrownBy(() -> both.load(damaged))
                    .hasMessageStartingWith("counter is not finite: name=second.num_batches_tracked;");
            assertThat(Elements.floats(both.flatten())).containsExactly(1, 0, 0, 1, 4, 1, 0, 0, 1, 8);
        }
    }

    @Test
    void shouldRefuseVectorsOfAnotherShapeOrDtype() {
        String expected = ", expected=[179] of Float; give a vector made by flatten() of the same model";

        assertThatThrownBy(() -> parameters.load(torch.zeros(178)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("load: shape=[178], dtype=Float" + expected);
        assertThatThrownBy(() -> parameters.load(torch.zeros(1))).hasMessage("load: shape=[1], dtype=Float" + expected);
        assertThatThrownBy(() -> parameters.load(torch.zeros(1, 179)))
                .hasMessage("load: shape=[1, 179], dtype=Float" + expected);
        assertThatThrownBy(() -> parameters.flatten(torch.zeros(179).to(ScalarType.Double)))
                .hasMessage("flatten: shape=[179], dtype=Double" + expected);
        assertThatThrownBy(() -> parameters.bind(torch.zeros(179).to(ScalarType.Long)))
                .hasMessage("bind: shape=[179], dtype=Long" + expected);
    }

    @Test
    void shouldCopyInLogicalOrderWhenWeightsAreChannelsLast() {
        try (SmallNet other = SmallNet.seeded(2);
                FlatParameters others = FlatParameters.of(other)) {
            Tensor weight = channelsLast(other);
            assertThat(Tensors.sha256(weight))
                    .isEqualTo(Tensors.sha256(others.flatten().narrow(0, 0, 54)));

            others.load(parameters.flatten());

            assertThat(Tensors.sha256(others.flatten())).isEqualTo(Tensors.sha256(parameters.flatten()));
            assertThat(weight.is_contiguous(MemoryFormat.ChannelsLast)).isTrue();
            assertThat(weight.is_contiguous()).isFalse();
        }
    }

    @Test
    void shouldRefuseToBindWeightsThatAreChannelsLast() {
        try (SmallNet other = SmallNet.seeded(2);
                FlatParameters others = FlatParameters.of(other)) {
            channelsLast(other);

            assertThatThrownBy(() -> others.bind(parameters.flatten()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage(
                            "bind: name=conv.weight, layout=not contiguous in NCHW order, expected=contiguous; load and"
                                    + " flatten such a module, or make its tensors contiguous first");
            assertThat(others.isBound()).isFalse();
        }
    }

    @Test
    void shouldRefuseDoubles() {
        net.to(ScalarType.Double, false);

        assertThatThrownBy(() -> FlatParameters.of(net))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("state is not float32: name=conv.weight, dtype=Double, expected=Float or integers;"
                        + " convert the model with to(ScalarType.Float, false)");
    }

    @Test
    void shouldRefuseATensorUnderTwoNames() {
        try (Model shared = new Model() {
            {
                Tensor once = parameter("first", torch.ones(2));
                register_parameter("second", once);
            }

            @Override
            public Tensor forward(Tensor x) {
                return x;
            }
        }) {
            assertThatThrownBy(() -> FlatParameters.of(shared))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("state registered twice: names=first and second;" + " register a shared tensor once");
        }
    }

    @Test
    void shouldRefuseAModuleWithoutState() {
        try (org.bytedeco.pytorch.Module empty = new org.bytedeco.pytorch.Module()) {
            assertThatThrownBy(() -> FlatParameters.of(empty))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("module has no state: parameters=0, limit=1 or more;"
                            + " register its layers before flattening it");
        }
    }

    private static Tensor channelsLast(SmallNet other) {
        Tensor weight = other.named_parameters(true).get("conv.weight");
        weight.set_data(weight.contiguous(MemoryFormat.ChannelsLast));
        return weight;
    }

    private static Tensor withCounter(Tensor flat, float value) {
        flat.narrow(0, SmallNet.COUNTER, 1).fill_(new Scalar(value));
        return flat;
    }

    private static long counter(SmallNet of) {
        return of.named_buffers(true).get("norm.num_batches_tracked").item_long();
    }

    private static void trainOneStep(SmallNet of) {
        of.forward(FormulaImages.inputs(0, 6, 2, 5, 5)).sum().backward();
        plainStep(of.parameters(), 0.1);
    }

    private static void plainStep(TensorVector all, double rate) {
        try (NoGradGuard guard = new NoGradGuard()) {
            for (long i = 0; i < all.size(); i++) {
                all.get(i).add_(all.get(i).grad(), new Scalar(-rate));
            }
        }
    }
}
