package org.blazefl4j.contrib.dsfl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.junit.jupiter.api.Test;

final class DsflOptionsTest {

    private static final SgdOptions SGD = new SgdOptions(5, 50, 0.1);
    private static final SgdOptions OTHER = new SgdOptions(1, 2, 0.3);
    private static final ServerOptions FEDERATION = ServerOptions.of(3, 4);
    private static final DsflServerHandler.Options SERVER = DsflServerHandler.Options.of(FEDERATION);
    private static final DsflClients.Options CLIENT = DsflClients.Options.defaults();

    @Test
    void shouldHaveTheDefaultsOfTheReference() {
        assertThat(SERVER).isEqualTo(new DsflServerHandler.Options(FEDERATION, 1_000, 0.1, SGD, 0));
        assertThat(CLIENT).isEqualTo(new DsflClients.Options(SGD, SGD, 0, false));
    }

    @Test
    void shouldChangeSingleValues() {
        assertThat(SERVER.withOpenSizePerRound(7)
                        .withEraTemperature(0.5)
                        .withDistillation(OTHER)
                        .withMomentum(0.9))
                .isEqualTo(new DsflServerHandler.Options(FEDERATION, 7, 0.5, OTHER, 0.9));
        assertThat(CLIENT.withTraining(OTHER).withMomentum(0.9).withEvaluate(true))
                .isEqualTo(new DsflClients.Options(OTHER, SGD, 0.9, true));
        assertThat(CLIENT.withDistillation(OTHER)).isEqualTo(new DsflClients.Options(SGD, OTHER, 0, false));
    }

    @Test
    void shouldNameValuesOutOfRange() {
        refuses(() -> SERVER.withOpenSizePerRound(0), "too few open samples: open_size_per_round=0, limit=1 or more");
        refuses(
                () -> SERVER.withEraTemperature(0),
                "temperature out of range: era_temperature=0.0, limit=above 0 and finite; sharpens below (p_max - p_rest) / ln(p_max / p_rest)");
        refuses(
                () -> SERVER.withEraTemperature(Double.NaN),
                "temperature out of range: era_temperature=NaN, limit=above 0 and finite; sharpens below (p_max - p_rest) / ln(p_max / p_rest)");
        refuses(() -> SERVER.withMomentum(1), "momentum out of range: momentum=1.0, limit=[0, 1)");
        refuses(() -> CLIENT.withMomentum(-0.1), "momentum out of range: momentum=-0.1, limit=[0, 1)");
    }

    private static void refuses(ThrowingCallable call, String message) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }
}
