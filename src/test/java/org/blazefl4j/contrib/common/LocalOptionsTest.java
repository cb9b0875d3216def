package org.blazefl4j.contrib.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.Stream;
import org.blazefl4j.model.Model;
import org.blazefl4j.torch.FlatOptimizer;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.StepRule;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class LocalOptionsTest {

    private static final LocalOptions OPTIONS = LocalOptions.of(new SgdOptions(2, 8, 0.125));
    private static final int ROUND = 4;

    /** As many parameters as steps. */
    private static final int STEPS = 11;

    private static final class Line extends Model {
        Line() {
            linear("fc", STEPS - 1, 1);
        }

        @Override
        public Tensor forward(Tensor x) {
            throw new UnsupportedOperationException();
        }
    }

    static Stream<Arguments> everyKindOfSgd() {
        StepRule.Sgd momentum = StepRule.sgd().withMomentum(0.8);
        return Stream.of(
                        OPTIONS,
                        OPTIONS.withRule(momentum),
                        OPTIONS.withRule(momentum.withDampening(0.3)),
                        OPTIONS.withRule(momentum.withNesterov(true)),
                        OPTIONS.withSchedule(Schedule.exponential(0.9)),
                        OPTIONS.withSchedule(
                                Schedule.exponential(0.9).withStepsForRounds().withWarmUp(3)),
                        OPTIONS.withRule(momentum)
                                .withSchedule(Schedule.cosine(9, 0.1).withStepsForRounds()))
                .flatMap(options -> Stream.of(0.0, 0.5).map(pull -> Arguments.of(options, pull)));
    }

    /** The gradient of step j is the unit vector j, so the change along j is the rate times a_j. */
    @ParameterizedTest
    @MethodSource("everyKindOfSgd")
    void shouldCountHowMuchEachGradientChangesTheModel(LocalOptions options, double pull) {
        try (PointerScope scope = new PointerScope();
                Line line = new Line();
                FlatParameters parameters = FlatParameters.of(line);
                FlatOptimizer optimizer = new FlatOptimizer(parameters)) {
            Tensor weights = torch.zeros(STEPS);
            parameters.bind(weights);
            optimizer.reset(options.rule(), options.maxGradNorm());
            for (int step = 0; step < STEPS; step++) {
                Tensor unit = torch.zeros(STEPS);
                unit.narrow(0, step, 1).fill_(new Scalar(1f));
                parameters.startGradients(unit.add(weights, new Scalar(pull)));
                optimizer.step(options.rate(ROUND, step));
            }
            double change = weights.abs().sum().item_float();

            assertThat(options.normaliser(ROUND, STEPS, pull))
                    .isCloseTo(change / options.rate(ROUND, 0), within(1e-5 * STEPS));
            if (pull == 0) {
                assertThat(options.distance(ROUND, STEPS)).isCloseTo(change, within(1e-5));
            }
        }
    }

    @Test
    void shouldHaveTheClosedFormsOfFedNova() {
        double tau = STEPS;
        assertThat(OPTIONS.normaliser(0, STEPS, 0)).isEqualTo(tau);
        assertThat(OPTIONS.distance(0, STEPS)).isEqualTo(tau * 0.125);
        assertThat(OPTIONS.withRule(StepRule.adam()).normaliser(0, STEPS, 0)).isEqualTo(tau);
        double rho = 0.9;
        assertThat(OPTIONS.withRule(StepRule.sgd().withMomentum(rho)).normaliser(0, STEPS, 0))
                .isCloseTo((tau - rho * (1 - Math.pow(rho, tau)) / (1 - rho)) / (1 - rho), within(1e-12));
        double mu = 0.4;
        double alpha = 0.125 * mu;
        assertThat(OPTIONS.normaliser(0, STEPS, mu)).isCloseTo((1 - Math.pow(1 - alpha, tau)) / alpha, within(1e-12));
        assertThat(OPTIONS.normaliser(0, 0, mu)).isZero();
    }

    @Test
    void shouldMultiplyTheRateByTheSchedule() {
        LocalOptions options = OPTIONS.withSchedule(Schedule.exponential(0.5));
        assertThat(options.rate(0, 3)).isEqualTo(0.125);
        assertThat(options.rate(2, 3)).isEqualTo(0.125 / 4);
        LocalOptions idle = OPTIONS.withSchedule(Schedule.cosine(1, 0));
        assertThat(idle.rate(1, 0)).isZero();
        assertThat(idle.normaliser(1, 5, 0)).isZero();
    }

    @Test
    void shouldChangeOneValueAtATimeAndTakeTheRestFromTheBase() {
        LocalOptions options = OPTIONS.withSteps(7)
                .withStragglers(0.5)
                .withSchedule(Schedule.step(3, 0.1))
                .withRule(StepRule.adam())
                .withMaxGradNorm(2)
                .withKeepState(true)
                .withBase(new SgdOptions(1, 2, 0.3));
        assertThat(options)
                .isEqualTo(new LocalOptions(
                        new SgdOptions(1, 2, 0.3), 7, 0.5, Schedule.step(3, 0.1), StepRule.adam(), 2, true));
        assertThat(options.batchSize()).isEqualTo(2);
        assertThat(options.lr()).isEqualTo(0.3);
        assertThat(options.lastBatch()).isEqualTo(options.base().lastBatch());
    }

    @Test
    void shouldRefuseValuesOutOfRangeByName() {
        refuses(() -> OPTIONS.withSteps(-1), "too few steps: local_steps=-1, limit=0 or more; 0 trains for epochs");
        refuses(() -> OPTIONS.withStragglers(1.1), "share of stragglers out of range: stragglers=1.1, limit=[0, 1]");
        refuses(
                () -> OPTIONS.withMaxGradNorm(0),
                "norm out of range: max_grad_norm=0.0, limit=above 0; infinity is no limit");
        refuses(
                () -> OPTIONS.withMaxGradNorm(Double.NaN),
                "norm out of range: max_grad_norm=NaN, limit=above 0; infinity is no limit");
    }

    private static void refuses(Runnable change, String message) {
        assertThatIllegalArgumentException().isThrownBy(change::run).withMessage(message);
    }
}
