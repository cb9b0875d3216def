package org.blazefl4j.contrib.scaffold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.federation.Weighting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ScaffoldServerOptionsTest {

    private static final ServerOptions COMMON = ServerOptions.of(2, 3);

    @Test
    void shouldWeightBySamplesByDefault() {
        assertThat(ScaffoldServerHandler.Options.of(COMMON))
                .isEqualTo(new ScaffoldServerHandler.Options(COMMON, 1, Weighting.BY_SAMPLES));
        assertThat(ScaffoldServerHandler.Options.of(COMMON)
                        .withWeighting(Weighting.UNIFORM)
                        .withGlobalLr(0.5))
                .isEqualTo(new ScaffoldServerHandler.Options(COMMON, 0.5, Weighting.UNIFORM));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
    void shouldRefuseAnImpossibleRate(double rate) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ScaffoldServerHandler.Options.of(COMMON).withGlobalLr(rate))
                .withMessage("global learning rate out of range: global_lr=" + rate + ", limit=above 0 and finite");
    }

    @Test
    void shouldRequireCommonOptions() {
        assertThatNullPointerException()
                .isThrownBy(() -> ScaffoldServerHandler.Options.of(null))
                .withMessage("common");
    }
}
