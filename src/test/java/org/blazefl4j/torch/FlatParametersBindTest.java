package org.blazefl4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.blazefl4j.model.FormulaImages;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Storage;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests training in the flat vector, and its pitfalls. */
class FlatParametersBindTest {

    private static final double RATE = 0.1;

    private final PointerScope scope = new PointerScope();
    private final SmallNet net = SmallNet.seeded(1);
    private final FlatParameters parameters = FlatParameters.of(net);
    private final Tensor flat = parameters.flatten();

    @AfterEach
    void free() {
        parameters.close();
        net.close();
        scope.close();
    }

    @Test
    void shouldUseTheVectorsValues() {
        flat.fill_(new Scalar(0.25f));
        parameters.bind(flat);

        assertThat(Elements.floats(parameter("fc.weight"))).containsOnly(0.25f);
        assertThat(Elements.floats(buffer("norm.running_var"))).containsOnly(0.25f);
        assertThat(buffer("norm.num_batches_tracked").item_long()).isZero();
    }

    @Test
    void shouldTrainInBorrowedMemoryWithoutACopyIfTheVectorIsThere() {
        parameters.bind(flat);
        Tensor start = flat.clone();
        Tensor result = torch.full(new long[] {parameters.numel()}, new Scalar(7f));
        long home = flat.data_ptr().address();

        parameters.borrow(result);
        try {
            assertThat(parameter("fc.weight").data_ptr().address())
                    .isEqualTo(
                            result.data_ptr().address() + parameter("fc.weight").storage_offset() * Float.BYTES);
            parameters.load(start);
            parameter("fc.weight").detach().fill_(new Scalar(2f));
            buffer("norm.num_batches_tracked").fill_(new Scalar(4));
            parameters.writeBuffers();
        } finally {
            parameters.giveBack();
        }

        flat.fill_(new Scalar(9f));
        assertThat(flat.data_ptr().address()).isEqualTo(home);
        assertThat(Elements.floats(parameter("fc.weight"))).containsOnly(9f);
        parameters.load(result);
        assertThat(Elements.floats(parameter("fc.weight"))).containsOnly(2f);
        assertThat(buffer("norm.num_batches_tracked").item_long()).isEqualTo(4);
        parameters.load(start);
        assertThat(Elements.floats(parameters.flatten())).isEqualTo(Elements.floats(start));
    }

    @Test
    void shouldKeepItsValuesAndMemoryWhenBorrowedMemoryIsReturned() {
        parameters.bind(flat);
        flat.fill_(new Scalar(3f));
        Tensor lender = torch.zeros(parameters.numel());

        parameters.borrow(lender);
        assertThat(Elements.floats(parameter("fc.weight"))).containsOnly(0f);
        parameters.giveBack();
        parameters.giveBack();
        lender.close();

        assertThat(Elements.floats(parameter("fc.weight"))).containsOnly(3f);
        assertThat(Elements.floats(flat)).containsOnly(3f);
    }

    @Test
    void shouldLendMemoryToOneBoundModuleAtATime() {
        Tensor lender = torch.zeros(parameters.numel());
        assertThatThrownBy(() -> parameters.borrow(lender))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("borrow: bound=false; call bind(flat) first");

        parameters.bind(flat);
        assertThatThrownBy(() -> parameters.borrow(torch.zeros(2 * parameters.numel())
                        .as_strided(new long[] {parameters.numel()}, new long[] {2})))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("borrow: contiguous=false");
        parameters.borrow(lender);
        assertThatThrownBy(() -> parameters.borrow(lender))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("borrow: borrowed=true, offset=0, expected=borrowed=false, offset=0; call giveBack() first,"
                        + " and bind to a tensor that is not part of another");
        parameters.giveBack();
        parameters.borrow(lender);
        parameters.giveBack();
    }

    @Test
    void shouldKeepItsCountersAndLoadValuesLaterWhenBoundToAVectorWithoutValues() {
        buffer("norm.num_batches_tracked").fill_(new Scalar(6));

        parameters.bindUndefined();

        assertThat(buffer("norm.num_batches_tracked").item_long()).isEqualTo(6);
        assertThat(parameters.isBound()).isTrue();
        parameters.load(flat);
        assertThat(Elements.floats(parameters.flatten())).isEqualTo(Elements.floats(flat));
        backward(net, 0);
        parameters.sgdStep(RATE);
        assertThat(Elements.floats(parameters.flatten())).isNotEqualTo(Elements.floats(flat));
    }

    @Test
    void shouldMakeParametersAndBuffersViewsOfTheVector() {
        parameters.bind(flat);

        flat.fill_(new Scalar(3f));
        assertThat(Elements.floats(parameter("conv.weight"))).containsOnly(3f);
        assertThat(Elements.floats(buffer("norm.running_mean"))).containsOnly(3f);

        buffer("norm.running_mean").fill_(new Scalar(5f));
        assertThat(Elements.part(Elements.floats(flat), SmallNet.RUNNING_MEAN, 3))
                .containsOnly(5f);
    }

    @Test
    void shouldCollectGradientsInOneVector() {
        backward(net, 0);
        float[] plain = Elements.floats(parameter("fc.weight").grad());
        assertThat(plain).isNotEqualTo(new float[plain.length]);

        parameters.bind(flat);
        backward(net, 0);

        assertThat(Elements.part(Elements.floats(parameters.gradients()), SmallNet.FC, plain.length))
                .containsExactly(plain);
        parameters.zeroGradients();
        assertThat(Elements.floats(parameter("fc.weight").grad())).containsOnly(0f);
    }

    @Test
    void shouldTrainToTheBitsOfPlainStepsOnEachParameter() {
        try (SmallNet other = SmallNet.seeded(1);
                FlatParameters others = FlatParameters.of(other)) {
            parameters.bind(flat);
            for (int step = 0; step < 5; step++) {
                parameters.zeroGradients();
                backward(net, step);
                parameters.sgdStep(RATE);

                other.zero_grad(true);
                backward(other, step);
                plainStep(other);
            }
            parameters.writeBuffers();

            assertThat(Elements.floats(flat)).containsExactly(Elements.floats(others.flatten()));
            assertThat(Elements.floats(flat)[SmallNet.COUNTER]).isEqualTo(5);
        }
    }

    @Test
    void shouldTrainToTheBitsOfLibTorchsSgdWithMomentum() {
        try (SmallNet other = SmallNet.seeded(1);
                FlatParameters others = FlatParameters.of(other);
                Tensor velocity = torch.zeros(SmallNet.NUMEL)) {
            SGDOptions options = new SGDOptions(RATE);
            options.momentum().put(0.9);
            SGD sgd = new SGD(other.parameters(), options);
            parameters.bind(flat);
            for (int step = 0; step < 5; step++) {
                parameters.zeroGradients();
                backward(net, step);
                parameters.sgdStep(RATE, 0.9, velocity);

                sgd.zero_grad();
                backward(other, step);
                sgd.step();
            }
            parameters.writeBuffers();

            assertThat(Elements.floats(flat)).containsExactly(Elements.floats(others.flatten()));
            assertThat(velocity.count_nonzero().item_long()).isPositive();
        }
    }

    @Test
    void shouldRefuseAMomentumOrVelocityThatDoesNotFit() {
        parameters.bind(flat);
        float[] before = Elements.floats(flat);

        assertThatThrownBy(() -> parameters.sgdStep(RATE, 1, torch.zeros(SmallNet.NUMEL)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("sgdStep: momentum=1.0, limit=[0, 1); give a momentum below 1");
        assertThatThrownBy(() -> parameters.sgdStep(RATE, 0.9, torch.zeros(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("sgdStep: shape=[1], dtype=Float, expected=[" + SmallNet.NUMEL + "] of Float");
        assertThat(Elements.floats(flat)).containsExactly(before);
    }

    @Test
    void shouldNotChangeBuffersInAStep() {
        float[] odd = {-0f, Float.MIN_VALUE, Float.NEGATIVE_INFINITY};
        flat.narrow(0, SmallNet.RUNNING_MEAN, 3).copy_(Tensors.of(odd));
        flat.narrow(0, SmallNet.COUNTER, 1).fill_(new Scalar(9f));
        parameters.bind(flat);
        net.eval();
        backward(net, 0);
        parameters.sgdStep(RATE);

        assertThat(Elements.part(Elements.floats(flat), SmallNet.RUNNING_MEAN, 3))
                .containsExactly(odd);
        assertThat(Elements.floats(flat)[SmallNet.COUNTER]).isEqualTo(9);
    }

    @Test
    void shouldNotChangeFrozenParameters() {
        parameter("conv.weight").set_requires_grad(false);
        float[] before = Elements.floats(parameter("conv.weight"));
        parameters.bind(flat);
        backward(net, 0);
        parameters.sgdStep(RATE);

        assertThat(Elements.floats(parameter("conv.weight"))).containsExactly(before);
        assertThat(Elements.floats(parameters.gradients().narrow(0, 0, before.length)))
                .containsOnly(0f);
    }

    @Test
    void shouldAddGradientsToTheirStartValues() {
        parameters.bind(flat);
        backward(net, 0);
        float[] plain = Elements.floats(parameters.gradients());
        Tensor start = torch.full(new long[] {SmallNet.NUMEL}, new Scalar(0.5f));
        parameters.zeroFixed(start);

        parameters.startGradients(start);
        backward(net, 0);

        float[] sum = Elements.floats(parameters.gradients());
        for (int i = 0; i < SmallNet.NUMEL; i++) {
            boolean buffer = i >= SmallNet.RUNNING_MEAN && i < SmallNet.FC;
            assertThat(sum[i]).as("at " + i).isEqualTo(buffer ? 0 : plain[i] + 0.5f);
        }
        parameters.sgdStep(RATE);
        assertThat(start.eq(new Scalar(0.5f)).sum().item_long()).isEqualTo(SmallNet.NUMEL - 7);
    }

    @Test
    void shouldTrainToTheSameBitsFromZeroedGradientsAndFromAVectorOfZeroes() {
        Tensor other = flat.clone();
        parameters.bind(flat);
        parameters.zeroGradients();
        backward(net, 0);
        parameters.sgdStep(RATE);

        parameters.bind(other);
        parameters.startGradients(torch.zeros(SmallNet.NUMEL));
        backward(net, 0);
        parameters.sgdStep(RATE);

        assertThat(Tensors.sha256(parameters.flatten().narrow(0, 0, SmallNet.RUNNING_MEAN)))
                .isEqualTo(Tensors.sha256(flat.narrow(0, 0, SmallNet.RUNNING_MEAN)));
        assertThat(Tensors.sha256(other.narrow(0, SmallNet.FC, SmallNet.NUMEL - SmallNet.FC)))
                .isEqualTo(Tensors.sha256(flat.narrow(0, SmallNet.FC, SmallNet.NUMEL - SmallNet.FC)));
    }

    @Test
    void shouldZeroGradientsThatNoStepUses() {
        parameter("conv.weight").set_requires_grad(false);
        Tensor ones = torch.ones(SmallNet.NUMEL);

        parameters.zeroFixed(ones);

        float[] values = Elements.floats(ones);
        assertThat(Elements.part(values, SmallNet.CONV, SmallNet.NORM_WEIGHT)).containsOnly(0f);
        assertThat(Elements.part(values, SmallNet.NORM_WEIGHT, 6)).containsOnly(1f);
        assertThat(Elements.part(values, SmallNet.RUNNING_MEAN, 7)).containsOnly(0f);
        assertThat(Elements.part(values, SmallNet.FC, SmallNet.NUMEL - SmallNet.FC))
                .containsOnly(1f);
    }

    @Test
    void shouldRefuseMismatchedStartGradients() {
        String expected =
                ": shape=[1], dtype=Float, expected=[179] of Float; give a vector made by flatten() of the same model";
        assertThatThrownBy(() -> parameters.zeroFixed(torch.ones(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("zeroFixed" + expected);
        assertThatThrownBy(() -> parameters.startGradients(flat))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("startGradients: bound=false; call bind(flat) first");

        parameters.bind(flat);
        assertThatThrownBy(() -> parameters.startGradients(torch.ones(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("startGradients" + expected);
    }

    @Test
    void shouldCopyCountersOnlyIfAsked() {
        parameters.bind(flat);
        backward(net, 0);
        assertThat(Elements.floats(flat)[SmallNet.COUNTER]).isZero();

        parameters.writeBuffers();
        assertThat(Elements.floats(flat)[SmallNet.COUNTER]).isEqualTo(1);
    }

    @Test
    void shouldFlattenWithCountersWhileBound() {
        parameters.bind(flat);
        backward(net, 0);

        Tensor copy = parameters.flatten();

        assertThat(Elements.floats(copy)[SmallNet.COUNTER]).isEqualTo(1);
        assertThat(Elements.part(Elements.floats(copy), SmallNet.RUNNING_VAR, 3))
                .containsExactly(Elements.floats(buffer("norm.running_var")));
    }

    @Test
    void shouldLoadIntoTheVectorWhileBound() {
        parameters.bind(flat);
        Tensor other = torch.full(new long[] {SmallNet.NUMEL}, new Scalar(2.0)).to(torch.ScalarType.Float);
        parameters.load(other);

        assertThat(Elements.floats(flat)).containsOnly(2f);
        assertThat(buffer("norm.num_batches_tracked").item_long()).isEqualTo(2);
    }

    @Test
    void shouldGiveTheModelSeparateMemoryWithItsValues() {
        parameters.bind(flat);
        backward(net, 0);
        parameters.sgdStep(RATE);
        parameters.writeBuffers();
        float[] trained = Elements.floats(flat);

        parameters.unbind();
        flat.zero_();

        assertThat(parameters.isBound()).isFalse();
        assertThat(Elements.floats(parameters.flatten())).containsExactly(trained);
        assertThat(parameter("fc.weight").grad().defined()).isFalse();
        backward(net, 1);
        plainStep(net);
        assertThat(Elements.floats(parameters.flatten())).isNotEqualTo(trained);
        assertThat(Elements.floats(flat)).containsOnly(0f);
    }

    @Test
    void shouldReferToTheVectorsMemoryOnlyWhileBound() {
        Storage storage = flat.storage();
        long alone = storage.use_count();
        for (int client = 0; client < 3; client++) {
            parameters.bind(flat);
            assertThat(storage.use_count()).isGreaterThan(alone);
            try (PointerScope step = new PointerScope()) {
                backward(net, client);
                parameters.sgdStep(RATE);
            }
            parameters.unbind();
            assertThat(storage.use_count()).isEqualTo(alone);
        }
        parameters.bind(flat);
        parameters.bind(torch.zeros(SmallNet.NUMEL));
        assertThat(storage.use_count()).isEqualTo(alone);
    }

    @Test
    void shouldStayBoundWhenTheCallerClosesTheVector() {
        parameters.bind(flat);
        flat.close();
        backward(net, 0);
        parameters.sgdStep(RATE);

        assertThat(Elements.floats(parameters.flatten())).doesNotContain(Float.NaN);
    }

    @Test
    void shouldOutliveThePointerScopeInWhichItWasBound() {
        try (PointerScope step = new PointerScope()) {
            parameters.bind(parameters.flatten());
            parameters.unbind();
            parameters.bind(flat);
        }
        backward(net, 0);
        parameters.sgdStep(RATE);
        parameters.unbind();

        assertThat(Elements.floats(parameters.flatten()))
                .isEqualTo(Elements.floats(parameters.flatten()))
                .isNotEqualTo(Elements.floats(flat.zero_()));
    }

    @Test
    void shouldTakeTheSameStepsWhenGradientsAreDropped() {
        Tensor start = flat.clone();
        parameters.bind(flat);
        for (int step = 0; step < 3; step++) {
            parameters.zeroGradients();
            backward(net, step);
            parameters.sgdStep(RATE);
        }
        float[] zeroed = Elements.floats(flat);

        parameters.load(start);
        for (int step = 0; step < 3; step++) {
            parameters.dropGradients();
            backward(net, step);
            parameters.sgdStep(RATE);
        }
        assertThat(Elements.floats(flat)).containsExactly(zeroed);
    }

    @Test
    void shouldReturnGradientsToTheVectorWhenZeroedAfterADrop() {
        parameters.bind(flat);
        backward(net, 0);
        float[] held = Elements.floats(parameters.gradients());
        parameters.dropGradients();
        backward(net, 1);
        parameters.zeroGradients();
        backward(net, 0);

        assertThat(Elements.floats(parameters.gradients())).containsExactly(held);
    }

    @Test
    void shouldCollectDroppedGradientsInTheVector() {
        parameters.bind(flat);
        backward(net, 0);
        float[] expected = Elements.floats(parameters.gradients());
        parameters.zeroGradients();
        assertThat(parameters.areGradientsDropped()).isFalse();
        parameters.dropGradients();
        assertThat(parameters.areGradientsDropped()).isTrue();
        assertThat(parameters.collectGradients()).isFalse(); // there are none

        backward(net, 0);
        assertThat(parameters.collectGradients()).isTrue();
        assertThat(parameters.areGradientsDropped()).isFalse();
        assertThat(Elements.floats(parameters.gradients())).containsExactly(expected);
        assertThat(parameters.collectGradients()).isTrue(); // they are there
        assertThat(Elements.floats(parameters.gradients())).containsExactly(expected);
        backward(net, 0); // adds to them
        parameters.sgdStep(RATE);
        assertThat(Elements.part(Elements.floats(parameter("fc.weight").grad()), 0, 108))
                .containsExactly(Elements.part(Elements.floats(parameters.gradients()), SmallNet.FC, 108));
    }

    @Test
    void shouldNotStepWithoutNewGradientsAfterADrop() {
        parameters.bind(flat);
        backward(net, 0);
        float[] before = Elements.floats(flat);
        parameters.dropGradients();
        parameters.sgdStep(RATE);

        assertThat(Elements.floats(flat)).containsExactly(before);
    }

    @Test
    void shouldRefuseUsesOfTheGradientVectorAfterADrop() {
        parameters.bind(flat);
        parameters.dropGradients();
        String remedy =
                ": gradients=dropped, expected=in the flat vector; begin the step with zeroGradients() instead of"
                        + " dropGradients()";

        assertThatThrownBy(parameters::gradients)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("gradients" + remedy);
        assertThatThrownBy(() -> parameters.sgdStep(RATE, 0.9, torch.zeros(SmallNet.NUMEL)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("sgdStep" + remedy);
    }

    @Test
    void shouldRefuseToStepWhenZeroGradDroppedTheViews() {
        parameters.bind(flat);
        net.zero_grad(true);
        backward(net, 0);
        float[] before = Elements.floats(flat);

        assertThatThrownBy(() -> parameters.sgdStep(RATE))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("gradient is no longer in the flat vector: parameter=conv.weight;"
                        + " while bound, zero gradients with zeroGradients(), not zero_grad()");
        assertThat(Elements.floats(flat)).containsExactly(before);
    }

    @Test
    void shouldStepWhenZeroGradKeptTheMemory() {
        parameters.bind(flat);
        backward(net, 1);
        net.zero_grad(false);
        backward(net, 0);
        parameters.sgdStep(RATE);

        try (SmallNet other = SmallNet.seeded(1)) {
            backward(other, 0);
            plainStep(other);
            assertThat(Elements.part(Elements.floats(flat), SmallNet.FC, 108))
                    .containsExactly(
                            Elements.floats(other.named_parameters(true).get("fc.weight")));
        }
    }

    @Test
    void shouldLetAutogradDetectAStepBetweenForwardAndBackward() {
        parameters.bind(flat);
        backward(net, 0);
        Tensor loss = net.forward(FormulaImages.inputs(0, 6, 2, 5, 5)).sum();
        parameters.sgdStep(RATE);

        assertThatThrownBy(loss::backward).hasMessageContaining("modified by an inplace operation");
    }

    /** Shows why nothing else may write to the vector between forward and backward. */
    @Test
    void shouldNotDetectAWriteByAnotherTensor() {
        parameters.bind(flat);
        Tensor loss = net.forward(FormulaImages.inputs(0, 6, 2, 5, 5)).sum();
        flat.narrow(0, SmallNet.FC, 108).zero_();
        loss.backward();

        assertThat(Elements.part(Elements.floats(parameters.gradients()), SmallNet.CONV, 54))
                .as("gradients through weights that the forward pass did not have")
                .containsOnly(0f);
    }

    /** Shows why results of in-place operations must not be closed. */
    @Test
    void shouldLeaveTheVectorOpenAlthoughInPlaceOperationsReturnIt() {
        parameters.bind(flat);
        backward(net, 0);
        for (int step = 0; step < 3; step++) {
            parameters.sgdStep(RATE);
        }

        assertThat(flat.isNull()).isFalse();
        assertThat(flat.add_(new Scalar(1f))).isSameAs(flat);
    }

    @Test
    void shouldRefuseVectorsUnusableForTraining() {
        Tensor strided =
                torch.zeros(2L * SmallNet.NUMEL).view(SmallNet.NUMEL, 2).select(1, 0);
        Tensor tracked = torch.zeros(SmallNet.NUMEL).set_requires_grad(true);

        assertThatThrownBy(() -> parameters.bind(strided))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("bind: contiguous=false, requires_grad=false,"
                        + " expected=contiguous without gradient; give flat.detach().contiguous()");
        assertThatThrownBy(() -> parameters.bind(tracked))
                .hasMessageStartingWith("bind: contiguous=true, requires_grad=true,");
        assertThat(parameters.isBound()).isFalse();
    }

    @Test
    void shouldRefuseToStepWhenNotBound() {
        String remedy = ": bound=false; call bind(flat) first";

        assertThatThrownBy(() -> parameters.sgdStep(RATE))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("sgdStep" + remedy);
        assertThatThrownBy(parameters::zeroGradients).hasMessage("zeroGradients" + remedy);
        assertThatThrownBy(parameters::dropGradients).hasMessage("dropGradients" + remedy);
        assertThatThrownBy(parameters::gradients).hasMessage("gradients" + remedy);
        assertThatThrownBy(parameters::writeBuffers).hasMessage("writeBuffers" + remedy);
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, -0.1})
    void shouldRefuseAnInvalidLearningRate(double rate) {
        parameters.bind(flat);

        assertThatThrownBy(() -> parameters.sgdStep(rate))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("sgdStep: rate=" + rate + ", limit=[0, infinity); give a finite learning rate");
    }

    @Test
    void shouldUnbindWhenClosedAndLeaveTheModelUsable() {
        Storage storage = flat.storage();
        long alone = storage.use_count();
        float[] before = Elements.floats(flat);
        parameters.bind(flat);
        parameters.close();
        parameters.close();

        assertThat(storage.use_count()).isEqualTo(alone);
        assertThatThrownBy(parameters::flatten)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("flat parameters: closed=true; make new ones with FlatParameters.of(module)");
        try (FlatParameters again = FlatParameters.of(net)) {
            assertThat(Elements.floats(again.flatten())).containsExactly(before);
        }
    }

    private Tensor parameter(String name) {
        return net.named_parameters(true).get(name);
    }

    private Tensor buffer(String name) {
        return net.named_buffers(true).get(name);
    }

    private static void backward(SmallNet of, int step) {
        Tensor x = FormulaImages.inputs(step * 300L, 6, 2, 5, 5);
        Tensor y = Tensors.of(new long[] {0, 1, 2, 3, 0, 1});
        torch.cross_entropy(of.forward(x), y).backward();
    }

    private static void plainStep(SmallNet of) {
        TensorVector all = of.parameters();
        try (NoGradGuard guard = new NoGradGuard()) {
            for (long i = 0; i < all.size(); i++) {
                all.get(i).add_(all.get(i).grad(), new Scalar(-RATE));
            }
        }
    }
}
