package org.blazefl4j.contrib.dsfl;

import java.util.Objects;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.util.Arguments;

/**
 * How a DS-FL server runs a federation, besides its model and data. Each {@code with} method returns a copy with one
 * other value.
 *
 * <pre>{@code
 * DsflServerOptions options = DsflServerOptions.of(ServerOptions.of(15, 100)).withOpenSizePerRound(500);
 * }</pre>
 *
 * @param federation rounds, clients, evaluation, seed and device
 * @param openSizePerRound the number of open samples that clients label in each round, above 0 and at most the size of
 *     the open set
 * @param eraTemperature the temperature {@code T} of entropy reduction aggregation, above 0 and finite. It is a softmax
 *     of probabilities: with a mean {@code p_max} of one class and {@code p_rest} of each other class it sharpens if
 *     {@code T < (p_max - p_rest) / ln(p_max / p_rest)}, and flattens otherwise. The bound is about 0.1 to 0.2 with 10
 *     classes and 0.01 to 0.13 with 100, where the default of 0.1 flattens means with a {@code p_max} below 0.4. A
 *     server whose labels become flatter logs one warning
 * @param distillation how the server's model learns the global soft labels
 * @param momentum of distillation, in [0, 1); 0 for plain SGD. Otherwise its velocity is kept between rounds
 */
public record DsflServerOptions(
        ServerOptions federation,
        int openSizePerRound,
        double eraTemperature,
        SgdOptions distillation,
        double momentum) {

    public DsflServerOptions {
        Objects.requireNonNull(federation, "federation");
        Objects.requireNonNull(distillation, "distillation");
        Arguments.require(
                openSizePerRound >= 1,
                "too few open samples: open_size_per_round=" + openSizePerRound + ", limit=1 or more");
        Arguments.require(
                eraTemperature > 0 && eraTemperature < Double.POSITIVE_INFINITY,
                "temperature out of range: era_temperature=" + eraTemperature
                        + ", limit=above 0 and finite; sharpens below (p_max - p_rest) / ln(p_max / p_rest)");
        Arguments.requireShare("momentum", momentum);
    }

    /** Returns 1 000 open samples a round, temperature 0.1, and plain SGD with {@link SgdOptions#defaults()}. */
    public static DsflServerOptions of(ServerOptions federation) {
        return new DsflServerOptions(federation, 1_000, 0.1, SgdOptions.defaults(), 0);
    }

    public DsflServerOptions withOpenSizePerRound(int openSizePerRound) {
        return new DsflServerOptions(federation, openSizePerRound, eraTemperature, distillation, momentum);
    }

    public DsflServerOptions withEraTemperature(double eraTemperature) {
        return new DsflServerOptions(federation, openSizePerRound, eraTemperature, distillation, momentum);
    }

    public DsflServerOptions withDistillation(SgdOptions distillation) {
        return new DsflServerOptions(federation, openSizePerRound, eraTemperature, distillation, momentum);
    }

    public DsflServerOptions withMomentum(double momentum) {
        return new DsflServerOptions(federation, openSizePerRound, eraTemperature, distillation, momentum);
    }
}
