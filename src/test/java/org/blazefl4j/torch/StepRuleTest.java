package org.blazefl4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

final class StepRuleTest {

    @Test
    void shouldChangeOneValueAtATime() {
        assertThat(StepRule.sgd()
                        .withMomentum(0.9)
                        .withNesterov(true)
                        .withDecoupledWeightDecay(0.1)
                        .withWeightDecay(0.2))
                .isEqualTo(new StepRule.Sgd(0.9, 0, true, 0.2, false));
        assertThat(StepRule.sgd().withMomentum(0.9).withDampening(0.1).withDecoupledWeightDecay(0.2))
                .isEqualTo(new StepRule.Sgd(0.9, 0.1, false, 0.2, true));
        assertThat(StepRule.adamW()).isEqualTo(new StepRule.Adam(0.9, 0.999, 1e-8, 0.01, true));
        assertThat(StepRule.adam().withBetas(0.5, 0.6).withEps(1).withWeightDecay(0.3))
                .isEqualTo(new StepRule.Adam(0.5, 0.6, 1, 0.3, false));
    }

    @Test
    void shouldKeepAsManyVectorsAsTheRuleNeeds() {
        assertThat(StepRule.sgd().withWeightDecay(0.1).moments()).isZero();
        assertThat(StepRule.sgd().withMomentum(0.1).moments()).isEqualTo(1);
        assertThat(StepRule.adam().moments()).isEqualTo(2);
    }

    @Test
    void shouldRefuseValuesOutOfRangeByName() {
        refuses(() -> StepRule.sgd().withMomentum(1), "momentum out of range: momentum=1.0, limit=[0, 1)");
        refuses(() -> StepRule.sgd().withDampening(-0.1), "dampening out of range: dampening=-0.1, limit=[0, 1)");
        refuses(
                () -> StepRule.sgd().withWeightDecay(-1),
                "weight decay out of range: weight_decay=-1.0, limit=0 or more and finite");
        refuses(
                () -> StepRule.sgd().withNesterov(true),
                "nesterov without momentum: momentum=0.0, dampening=0.0, expected=momentum above 0 and dampening=0;"
                        + " set momentum first");
        refuses(
                () -> StepRule.sgd().withMomentum(0.9).withDampening(0.5).withNesterov(true),
                "nesterov without momentum: momentum=0.9, dampening=0.5, expected=momentum above 0 and dampening=0;"
                        + " set momentum first");
        refuses(() -> StepRule.adam().withBetas(1, 0), "beta1 out of range: beta1=1.0, limit=[0, 1)");
        refuses(() -> StepRule.adam().withBetas(0, Double.NaN), "beta2 out of range: beta2=NaN, limit=[0, 1)");
        refuses(() -> StepRule.adam().withEps(0), "eps out of range: eps=0.0, limit=above 0 and finite");
        refuses(
                () -> StepRule.adamW().withDecoupledWeightDecay(Double.POSITIVE_INFINITY),
                "weight decay out of range: weight_decay=Infinity, limit=0 or more and finite");
    }

    private static void refuses(Runnable change, String message) {
        assertThatIllegalArgumentException().isThrownBy(change::run).withMessage(message);
    }
}
