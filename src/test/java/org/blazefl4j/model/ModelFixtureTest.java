package org.blazefl4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import org.assertj.core.data.Offset;
import org.blazefl4j.data.Batch;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares the models with PyTorch's. Initial states are equal in every bit. Outputs and losses are computed by another
 * BLAS, so they are equal up to a tolerance, stated with each test.
 */
class ModelFixtureTest {

    private final PointerScope scope = new PointerScope();
    private final IntraOpThreads threads = IntraOpThreads.scope(1);

    @AfterEach
    void leave() {
        threads.close();
        scope.close();
    }

    @ParameterizedTest
    @MethodSource("org.blazefl4j.model.ModelFixture#all")
    void shouldNameItsStateInPyTorchsOrder(ModelFixture fixture) {
        try (Model model = fixture.create();
                FlatParameters flat = FlatParameters.of(model)) {
            assertThat(flat.names()).containsExactlyElementsOf(fixture.state().keySet());
            assertThat(parameters(model)).isEqualTo(fixture.number("parameters"));
        }
    }

    @ParameterizedTest
    @MethodSource("org.blazefl4j.model.ModelFixture#all")
    void shouldHavePyTorchsBitsWhenSeededAlike(ModelFixture fixture) {
        try (Model model = fixture.create();
                FlatParameters flat = FlatParameters.of(model)) {
            Tensor state = flat.flatten();
            assertClose(sums(state), fixture.numbers("initial_sums"), 1e-5);
            // Without vector instructions even PyTorch's initialisation differs in the last bits.
            assumeThat(torch.get_cpu_capability().getString()).isNotEqualTo("DEFAULT");
            assertThat(Tensors.sha256(state)).isEqualTo(fixture.facts().get("initial_sha256"));
        }
    }

    @ParameterizedTest
    @MethodSource("org.blazefl4j.model.ModelFixture#all")
    void shouldComputePyTorchsOutputs(ModelFixture fixture) {
        try (Model model = fixture.create()) {
            assertClose(output(model, fixture), fixture.numbers("initial_output"), 1e-4);
        }
    }

    @ParameterizedTest
    @MethodSource("org.blazefl4j.model.ModelFixture#trained")
    void shouldHavePyTorchsLossesWhenTrainedInTheFlatVector(ModelFixture fixture) {
        double[] settings = fixture.numbers("train");
        double[] losses = new double[(int) settings[0]];
        try (Model model = fixture.createGiven();
                FlatParameters flat = FlatParameters.of(model)) {
            flat.bind(flat.flatten());
            model.train();
            for (int step = 0; step < losses.length; step++) {
                try (PointerScope stepScope = new PointerScope()) {
                    losses[step] = step(model, flat, fixture, step, (int) settings[1], settings[2]);
                }
            }
            assertClose(losses, fixture.numbers("losses"), 1e-5);
            flat.unbind();
            assertClose(sums(flat.flatten()), fixture.numbers("trained_sums"), 1e-5);
            assertClose(output(model, fixture), fixture.numbers("trained_output"), 1e-4);
        }
    }

    private static double step(
            Model model, FlatParameters flat, ModelFixture fixture, int step, int batch, double rate) {
        Batch data = fixture.batch(step, batch);
        flat.zeroGradients();
        Tensor loss = torch.cross_entropy(model.forward(data.x()), data.y());
        loss.backward();
        flat.sgdStep(rate);
        return loss.item_float();
    }

    private static double[] output(Model model, ModelFixture fixture) {
        try (NoGradGuard guard = new NoGradGuard()) {
            model.eval();
            return doubles(model.forward(fixture.inputs()));
        }
    }

    private static double[] sums(Tensor state) {
        Tensor exact = state.to(ScalarType.Double);
        return new double[] {exact.sum().item_double(), exact.abs().sum().item_double()};
    }

    private static double[] doubles(Tensor tensor) {
        double[] values = new double[(int) tensor.numel()];
        tensor.to(ScalarType.Double).contiguous().data_ptr_double().get(values);
        return values;
    }

    private static long parameters(Model model) {
        TensorVector parameters = model.parameters();
        long total = 0;
        for (long i = 0; i < parameters.size(); i++) {
            total += parameters.get(i).numel();
        }
        return total;
    }

    /** Compares numbers with a tolerance relative to their size, or to 1 if they are smaller. */
    private static void assertClose(double[] actual, double[] expected, double tolerance) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++) {
            Offset<Double> offset = within(tolerance * Math.max(1, Math.abs(expected[i])));
            assertThat(actual[i]).as("number %d", i).isCloseTo(expected[i], offset);
        }
    }
}
