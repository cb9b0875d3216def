package org.blazefl4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.Stream;
import org.blazefl4j.model.FormulaImages;
import org.blazefl4j.model.Model;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Steps of optimizers on a bound module; PyTorch's bits. */
final class FlatOptimizerTest {

    private static final double NO_LIMIT = Double.POSITIVE_INFINITY;

    /** Two units in the last place of a weight near 1. */
    private static final float NEAR = 1.2e-7f;

    private static final int WEIGHTS = 40;

    /** One layer, whose state is its weights, then its biases. */
    private static final class Layer extends Model {
        private final LinearImpl fc = linear("fc", 7, 5);

        @Override
        public Tensor forward(Tensor x) {
            return fc.forward(x);
        }

        /** Gives the parameters these gradients by autograd. */
        void backward(Tensor gradients) {
            try (PointerScope scope = new PointerScope()) {
                Tensor weight = fc.weight().mul(gradients.narrow(0, 0, 35).view(5, 7));
                Tensor bias = fc.bias().mul(gradients.narrow(0, 35, 5));
                weight.sum().add(bias.sum()).backward();
            }
        }
    }

    private final PointerScope scope = new PointerScope();
    private final Layer layer = new Layer();
    private final FlatParameters parameters = FlatParameters.of(layer);
    private final FlatOptimizer optimizer = new FlatOptimizer(parameters);

    @AfterEach
    void free() {
        optimizer.close();
        optimizer.close();
        parameters.close();
        layer.close();
        scope.close();
    }

    static List<OptimizerFixture> fixtures() {
        return OptimizerFixture.all();
    }

    static Stream<OptimizerFixture> exact() {
        return fixtures().stream().filter(OptimizerFixture::exact);
    }

    static Stream<StepRule> rules() {
        return Stream.of(
                StepRule.sgd(),
                StepRule.sgd().withMomentum(0.9).withWeightDecay(0.01),
                StepRule.sgd().withMomentum(0.9).withNesterov(true).withDecoupledWeightDecay(0.01),
                StepRule.adam(),
                StepRule.adamW());
    }

    private void bind() {
        parameters.bind(FormulaImages.inputs(0, WEIGHTS));
    }

    private static Tensor gradients(int step) {
        return FormulaImages.inputs(1000 + 40L * step, WEIGHTS);
    }

    private void step(FlatOptimizer by, OptimizerFixture fixture, int step, boolean inVector) {
        if (inVector) {
            parameters.zeroGradients();
        } else {
            parameters.dropGradients();
        }
        layer.backward(gradients(step));
        by.step(fixture.rate(step));
    }

    private float[] weights() {
        return Elements.floats(parameters.vector());
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void shouldGiveTheBitsOfPyTorchFromSeparateGradientsAndFromTheirVector(OptimizerFixture fixture) {
        for (boolean inVector : new boolean[] {false, true}) {
            bind();
            optimizer.reset(fixture.rule(), fixture.maxGradNorm());
            for (int step = 0; step < fixture.weights().lastKey(); step++) {
                step(optimizer, fixture, step, inVector);
                float[] expected = fixture.weights().get(step + 1);
                if (expected != null && fixture.exact()) {
                    assertThat(weights()).as("step %d", step + 1).containsExactly(expected);
                } else if (expected != null) {
                    assertThat(weights()).as("step %d", step + 1).containsExactly(expected, within(NEAR));
                }
            }
            assertThat(optimizer.steps()).isEqualTo(fixture.weights().lastKey().longValue());
        }
    }

    /** On devices LibTorch's operations take the steps. */
    @ParameterizedTest
    @MethodSource("exact")
    void shouldStepByLibTorchAsByNativeCode(OptimizerFixture fixture) {
        bind();
        try (FlatOptimizer byLibTorch = new FlatOptimizer(parameters, true)) {
            byLibTorch.reset(fixture.rule(), fixture.maxGradNorm());
            for (int step = 0; step < fixture.weights().lastKey(); step++) {
                step(byLibTorch, fixture, step, false);
            }
        }
        assertThat(weights()).containsExactly(fixture.weights().lastEntry().getValue(), within(NEAR));
    }

    @ParameterizedTest
    @MethodSource("rules")
    void shouldGoOnFromAStateWithTheSameBits(StepRule rule) {
        bind();
        optimizer.reset(rule, 0.5);
        try (FlatOptimizer other = new FlatOptimizer(parameters)) {
            for (int step = 0; step < 3; step++) {
                takeStep(optimizer, step);
            }
            Tensor middle = parameters.flatten();
            other.reset(StepRule.adamW(), NO_LIMIT);
            takeStep(other, 7);
            other.reset(rule, 0.5);
            other.load(optimizer.state());
            parameters.load(middle);
            takeStep(optimizer, 3);
            float[] expected = weights();

            optimizer.reset(rule, 0.5);
            takeStep(optimizer, 9); // changes nothing that the other has copied
            parameters.load(middle);
            takeStep(other, 3);
            assertThat(weights()).containsExactly(expected);
            assertThat(other.steps()).isEqualTo(4);
        }
    }

    private void takeStep(FlatOptimizer by, int step) {
        parameters.dropGradients();
        layer.backward(gradients(step));
        by.step(0.01);
    }

    @ParameterizedTest
    @MethodSource("rules")
    void shouldStartAnewAfterAReset(StepRule rule) {
        bind();
        optimizer.reset(rule, NO_LIMIT);
        takeStep(optimizer, 0);
        float[] first = weights();
        takeStep(optimizer, 1);

        bind();
        optimizer.reset(rule, NO_LIMIT);
        assertThat(optimizer.steps()).isZero();
        takeStep(optimizer, 0);
        assertThat(weights()).containsExactly(first);
    }

    @Test
    void shouldLeaveParametersWithoutAGradientAndBuffersAsTheyAre() {
        try (SmallNet net = SmallNet.seeded(1);
                FlatParameters all = FlatParameters.of(net);
                FlatOptimizer steps = new FlatOptimizer(all)) {
            net.named_parameters(true).get("conv.weight").set_requires_grad(false);
            Tensor flat = torch.full(new long[] {SmallNet.NUMEL}, new Scalar(0.5f));
            all.bind(flat);
            for (StepRule rule : rules().toList()) {
                all.dropGradients();
                net.named_parameters(true).get("fc.bias").sum().backward();
                steps.reset(rule, 0.1);
                steps.step(0.1);
            }
            float[] after = Elements.floats(flat);
            assertThat(Elements.part(after, 0, SmallNet.NUMEL - 4)).containsOnly(0.5f);
            assertThat(Elements.part(after, SmallNet.NUMEL - 4, 4)).doesNotContain(0.5f);
        }
    }

    @Test
    void shouldScaleGradientsThatAreNotFiniteToNothingThatIs() {
        bind();
        optimizer.reset(StepRule.sgd(), 1);
        Tensor gradients = gradients(0);
        gradients.narrow(0, 3, 1).fill_(new Scalar(Float.POSITIVE_INFINITY));
        float[] before = weights();
        parameters.dropGradients();
        layer.backward(gradients);
        optimizer.step(0.1);

        assertThat(weights()[3]).isNaN();
        assertThat(weights()[4]).isEqualTo(before[4]); // as PyTorch: times zero
    }

    @Test
    void shouldLetAutogradNoticeAStepBetweenForwardAndBackward() {
        bind();
        optimizer.reset(StepRule.adam(), NO_LIMIT);
        takeStep(optimizer, 0);
        Tensor loss = layer.forward(FormulaImages.inputs(0, 2, 7)).square().sum();
        Tensor input = FormulaImages.inputs(0, 2, 7).set_requires_grad(true);
        Tensor other = layer.forward(input).sum();
        parameters.dropGradients();
        loss.backward();
        optimizer.step(0.1);

        assertThatThrownBy(other::backward).hasMessageContaining("modified by an inplace operation");
    }

    @Test
    void shouldRefuseTheStateOfAnotherRuleOrModel() {
        optimizer.reset(StepRule.adam(), NO_LIMIT);
        String remedy = "; use the model and the rule of the saved state";
        assertThatThrownBy(() -> optimizer.load(new FlatOptimizer.State(1, torch.zeros(WEIGHTS), null)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("optimizer state does not fit: second=none, expected=float [40]" + remedy);
        assertThatThrownBy(() -> optimizer.load(new FlatOptimizer.State(1, torch.zeros(3), torch.zeros(WEIGHTS))))
                .hasMessage("optimizer state does not fit: first=float [3], expected=float [40]" + remedy);
        optimizer.reset(StepRule.sgd(), NO_LIMIT);
        assertThatThrownBy(() -> optimizer.load(new FlatOptimizer.State(1, torch.zeros(WEIGHTS), null)))
                .hasMessage("optimizer state does not fit: first=float [40], expected=none" + remedy);
        assertThat(optimizer.steps()).isZero();
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, -0.1})
    void shouldRefuseARateThatIsNoRate(double rate) {
        bind();
        assertThatThrownBy(() -> optimizer.step(rate))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("step: rate=" + rate + ", limit=[0, infinity); give a finite learning rate");
    }

    @Test
    void shouldRefuseToStepWhenNotBoundOrWhenAGradientWasReplaced() {
        assertThatThrownBy(() -> optimizer.step(0.1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("step: bound=false; call bind(flat) first");
        bind();
        layer.zero_grad(true);
        layer.backward(gradients(0));
        assertThatThrownBy(() -> optimizer.step(0.1))
                .hasMessageStartingWith("gradient is no longer in the flat vector");
    }
}
