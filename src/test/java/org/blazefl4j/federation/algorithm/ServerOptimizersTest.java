package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.blazefl4j.federation.FederationRuns.CLIENTS;
import static org.blazefl4j.federation.FederationRuns.hashes;
import static org.blazefl4j.federation.FederationRuns.initial;
import static org.blazefl4j.federation.FederationRuns.model;
import static org.blazefl4j.federation.algorithm.Quadratics.START;
import static org.blazefl4j.federation.algorithm.Quadratics.expected;
import static org.blazefl4j.torch.Elements.floats;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import org.blazefl4j.contrib.common.Schedule;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.federation.AggregateTransform;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.FederationRuns;
import org.blazefl4j.federation.ServerOptimizer;
import org.blazefl4j.federation.ServerStep;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.federation.algorithm.ServerOptimizers.Adaptive;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Server optimizers move models by the formulas of their papers. */
final class ServerOptimizersTest {

    private static final double RATE = 0.3;
    private static final double TAU = 1e-3;

    private final Quadratics clients = Quadratics.random(3, 2);

    @AfterEach
    void close() {
        clients.close();
    }

    /** Puts known updates in the place of the clients': other ones in each round, or the first ones in all. */
    record Known(boolean constant) implements AggregateTransform {

        private static double at(int round, int i) {
            return 0.01 * (i - 4) * (1 + 0.5 * round - 0.2 * i * (round % 2));
        }

        @Override
        public void apply(Tensor change, ServerStep step) {
            int round = constant ? 0 : step.round();
            change.copy_(Tensor.create(expected(i -> at(round, i))));
        }
    }

    private Federation moved(int rounds, ServerOptimizer optimizer, boolean constant) {
        return clients.fedAvg(rounds, 1, 0.1)
                .sampler(draw -> List.of())
                .aggregate(new Known(constant))
                .serverOptimizer(optimizer);
    }

    /** One element of an optimizer, in double arithmetic. */
    private static final class Element {

        private double x = START;
        private double m;
        private double v;

        Element(double v) {
            this.v = v;
        }

        void step(double rate, double beta1, double tau, double update, DoubleBinaryOperator nextV) {
            m = beta1 * m + (1 - beta1) * update;
            v = nextV.applyAsDouble(v, update * update);
            x += rate * m / (Math.sqrt(v) + tau);
        }
    }

    private static final DoubleBinaryOperator ADAGRAD = Double::sum;
    private static final DoubleBinaryOperator YOGI = (v, square) -> v - 0.01 * square * Math.signum(v - square);
    private static final DoubleBinaryOperator ADAM = (v, square) -> 0.99 * v + 0.01 * square;

    private void assertSteps(
            int rounds, Adaptive optimizer, double beta1, double tau, double v, DoubleBinaryOperator next) {
        float[] expected = expected(i -> {
            Element element = new Element(v);
            for (int round = 0; round < rounds; round++) {
                element.step(RATE, beta1, tau, Known.at(round, i), next);
            }
            return element.x;
        });
        assertThat(model(moved(rounds, optimizer, false))).containsExactly(expected, within(2e-6f));
    }

    // ---- the paper's formulas

    @Test
    void shouldTakeTheStepsOfFedAdagrad() {
        assertSteps(4, ServerOptimizers.adagrad(RATE), 0, TAU, TAU * TAU, ADAGRAD);
        assertSteps(4, ServerOptimizers.adagrad(RATE).withBetas(0.9, 0.5), 0.9, TAU, TAU * TAU, ADAGRAD);
    }

    @Test
    void shouldTakeTheStepsOfFedYogi() {
        assertSteps(4, ServerOptimizers.yogi(RATE), 0.9, TAU, TAU * TAU, YOGI);
        assertSteps(4, ServerOptimizers.yogi(RATE).withInitialV(1e-6), 0.9, TAU, 1e-6, YOGI);
    }

    /** Without correction of bias, unlike PyTorch's, and from v = tau^2. */
    @Test
    void shouldTakeTheStepsOfFedAdam() {
        assertSteps(4, ServerOptimizers.adam(RATE), 0.9, TAU, TAU * TAU, ADAM);
        assertSteps(4, ServerOptimizers.adam(RATE).withTau(0.1), 0.9, 0.1, 0.01, ADAM);
        assertSteps(1, ServerOptimizers.adam(RATE).withBetas(0, 0.99), 0, TAU, TAU * TAU, ADAM);
    }

    @Test
    void shouldMoveByTheShareOfTheFirstUpdateInItsOwnNorm() {
        float[] expected = expected(i -> {
            double update = Known.at(0, i);
            return START + RATE * update / (Math.sqrt(TAU * TAU + update * update) + TAU);
        });
        assertThat(model(moved(1, ServerOptimizers.adagrad(RATE), true))).containsExactly(expected, within(1e-6f));
    }

    @Test
    void shouldEqualFedAdamInTheFirstRoundOfFedYogiFromZero() {
        var yogi = ServerOptimizers.yogi(RATE).withInitialV(0);
        var adam = ServerOptimizers.adam(RATE).withInitialV(0);
        assertThat(model(moved(1, yogi, true))).containsExactly(model(moved(1, adam, true)), within(1e-6f));
        assertThat(model(moved(3, yogi, true))[0]).isNotCloseTo(model(moved(3, adam, true))[0], within(1e-6f));
    }

    @Test
    void shouldTakeTheStepsOfTorchesAdamWithBiasCorrection() {
        int rounds = 5;
        Adaptive optimizer = ServerOptimizers.adam(RATE).withBetas(0.9, 0.999).withBiasCorrection();
        var options = new AdamOptions(RATE); // beta1 0.9, beta2 0.999
        options.eps().put(TAU);
        Tensor x = Tensor.create(expected(i -> START)).set_requires_grad(true);
        try (var adam = new Adam(new TensorVector(x), options)) {
            for (int round = 0; round < rounds; round++) {
                int now = round;
                x.mutable_grad().put(Tensor.create(expected(i -> -Known.at(now, i))));
                adam.step();
            }
        }
        float[] found = model(moved(rounds, optimizer, false));
        assertThat(found).containsExactly(floats(x.detach()), within(5e-6f));
    }

    // ---- momentum

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.9})
    void shouldReachTheSumOfADecayingSeries(double momentum) {
        int rounds = 5;
        double series = 0;
        double ahead = 0;
        double velocity = 0;
        for (int t = 1; t <= rounds; t++) {
            velocity = (1 - Math.pow(momentum, t)) / (1 - momentum);
            series += velocity;
            ahead += 1 + momentum * velocity;
        }
        double plain = series;
        double nesterov = ahead;
        assertThat(model(moved(rounds, ServerOptimizers.sgd(RATE, momentum), true)))
                .containsExactly(expected(i -> START + RATE * Known.at(0, i) * plain), within(1e-6f));
        assertThat(model(moved(rounds, ServerOptimizers.nesterov(RATE, momentum), true)))
                .containsExactly(expected(i -> START + RATE * Known.at(0, i) * nesterov), within(1e-6f));
    }

    @Test
    void shouldMoveByTheScheduledRate() {
        var optimizer = ServerOptimizers.scheduled(ServerOptimizers.sgd(1, 0.5), Schedule.exponential(0.1));
        assertThat(model(moved(2, optimizer, true)))
                .containsExactly(expected(i -> START + Known.at(0, i) * (1 + 0.1 * 1.5)), within(1e-6f));
        var replaced = ServerOptimizers.scheduled(ServerOptimizer.REPLACE, Schedule.exponential(0.1));
        assertThat(model(moved(2, replaced, true)))
                .containsExactly(expected(i -> START + Known.at(0, i) * 1.1), within(1e-6f));
    }

    // ---- neutral settings

    @Test
    void shouldBeFederatedAveragingAtARateOfOneWithoutMomentum() {
        assertThat(ServerOptimizers.sgd(1, 0)).isSameAs(ServerOptimizer.REPLACE);
        assertThat(ServerOptimizers.nesterov(1, 0)).isSameAs(ServerOptimizer.REPLACE);
        Adaptive adam = ServerOptimizers.adam(1);
        assertThat(ServerOptimizers.scheduled(adam, Schedule.constant())).isSameAs(adam);
        assertThat(ServerOptimizers.nesterov(2, 0)).isEqualTo(ServerOptimizers.sgd(2, 0));
    }

    @Test
    void shouldStayNearFederatedAveragingIfItIsThereAllTheSame() {
        Federation fedAvg = clients.fedAvg(1, 2, 0.1);
        float[] expected = model(fedAvg);
        float[] found = model(fedAvg.serverOptimizer(new ServerMomentum(1, 0, false)));
        for (int i = 0; i < expected.length; i++) {
            assertThat(found[i]).isCloseTo(expected[i], within(Math.ulp(Math.max(START, Math.abs(expected[i])))));
        }
    }

    @Test
    void shouldStayIfClientsDo() {
        for (ServerOptimizer optimizer : List.of(
                ServerOptimizers.sgd(RATE, 0.9),
                ServerOptimizers.nesterov(RATE, 0.9),
                ServerOptimizers.adagrad(RATE),
                ServerOptimizers.yogi(RATE),
                ServerOptimizers.adam(RATE),
                ServerOptimizers.adam(RATE).withBiasCorrection())) {
            Federation still = moved(2, optimizer, true).aggregate((change, step) -> change.zero_());
            assertThat(model(still)).as(optimizer.toString()).containsExactly(initial(still));
        }
    }

    /** They must not be scaled to a learning rate, let alone become negative. */
    @Test
    void shouldLeaveBuffersToTheMean() {
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            Federation fedAvg = FederationRuns.fedAvg(Tiny.CONVOLUTION, data, 1);
            float[] mean = model(fedAvg);
            float[] found = model(fedAvg.serverOptimizer(ServerOptimizers.adam(0.1)));
            assertThat(Arrays.copyOfRange(found, 24, 29)).containsExactly(Arrays.copyOfRange(mean, 24, 29));
            assertThat(found[0]).isNotEqualTo(mean[0]);
        }
    }

    @Test
    void shouldComposeWithFedNovaInAnyOrder() {
        Federation some = clients.fedAvg(3, 4, 0.1);
        some = some.local(some.local().withStragglers(0.9));
        var nova = Algorithms.fedNova(Weighting.BY_SAMPLES);
        var optimizer = ServerOptimizers.sgd(1, 0.9);
        assertThat(hashes(some.with(nova).serverOptimizer(optimizer)))
                .isEqualTo(hashes(some.serverOptimizer(optimizer).with(nova)))
                .isNotEqualTo(hashes(some.with(nova)));
    }

    // ---- refusals

    @Test
    void shouldRefuseSettingsOutOfRange() {
        assertThatThrownBy(() -> ServerOptimizers.adam(0))
                .hasMessage("server learning rate out of range: server_lr=0.0, limit=above 0 and finite");
        assertThatThrownBy(() -> ServerOptimizers.nesterov(1, 1))
                .hasMessage("momentum out of range: momentum=1.0, limit=[0, 1)");
        assertThatThrownBy(() -> ServerOptimizers.yogi(1).withBetas(1, 0))
                .hasMessage("beta1 out of range: beta1=1.0, limit=[0, 1)");
        assertThatThrownBy(() -> ServerOptimizers.yogi(1).withTau(0))
                .hasMessage("adaptivity out of range: tau=0.0, limit=above 0 and finite");
        assertThatThrownBy(() -> ServerOptimizers.yogi(1).withInitialV(-1))
                .hasMessage("initial v out of range: initial_v=-1.0, limit=0 or more and finite");
        assertThatThrownBy(() -> ServerOptimizers.adagrad(1).withBiasCorrection())
                .hasMessage("bias correction of a sum: rule=ADAGRAD, expected=YOGI or ADAM, whose v are means");
    }
}
