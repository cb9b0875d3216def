package org.blazefl4j.contrib.dsfl;

import java.util.Objects;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;

/**
 * What a DS-FL server needs to know besides its model and data; checked when made.
 *
 * <pre>{@code
 * DsflServerOptions options = DsflServerOptions.of(ServerOptions.of(15, 100)).withOpenSizePerRound(500);
 * }</pre>
 *
 * @param federation rounds, clients, evaluation, seed and device
 * @param openSizePerRound how many open samples the clients label in each round, above 0 and at most the size of the
 *     open set
 * @param eraTemperature the temperature {@code T} of entropy reduction aggregation, above 0 and finite. The softmax is
 *     of probabilities, so it sharpens a mean {@code p_max} of one class and {@code p_rest} of each other one if
 *     {@code T < (p_max - p_rest) / ln(p_max / p_rest)}, and flattens it above. The bound is about 0.1 to 0.2 with 10
 *     classes and 0.01 to 0.13 with 100, where the default of 0.1 flattens means with a {@code p_max} below 0.4; a
 *     server whose labels get flatter says so, once
 * @param distillation how the server's model learns the global soft labels
 * @param momentum of that, in [0, 1); 0 for plain SGD. Above it the optimizer's velocity is kept from round to round
 */
public record DsflServerOptions(
        ServerOptions federation,
        int openSizePerRound,
        double eraTemperature,
        SgdOptions distillation,
        double momentum) {

    /** Checks the parts. */
    public DsflServerOptions {
        Objects.requireNonNull(federation, "federation");
        Objects.requireNonNull(distillation, "distillation");
        if (openSizePerRound < 1) {
            throw new IllegalArgumentException(
                    "too few open samples: open_size_per_round=" + openSizePerRound + ", limit=1 or more");
        }
        if (!(eraTemperature > 0 && eraTemperature < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("temperature out of range: era_temperature=" + eraTemperature
                    + ", limit=above 0 and finite; sharpens below (p_max - p_rest) / ln(p_max / p_rest)");
        }
        Optimizer.checkMomentum(momentum);
    }

    /** 1 000 open samples a round, temperature 0.1, and plain SGD with {@link SgdOptions#defaults()}. */
    public static DsflServerOptions of(ServerOptions federation) {
        return new DsflServerOptions(federation, 1_000, 0.1, SgdOptions.defaults(), 0);
    }

    /** These options with another number of open samples a round. */
    public DsflServerOptions withOpenSizePerRound(int openSizePerRound) {
        return new DsflServerOptions(federation, openSizePerRound, eraTemperature, distillation, momentum);
    }

    /** These options with another temperature. */
    public DsflServerOptions withEraTemperature(double eraTemperature) {
        return new DsflServerOptions(federation, openSizePerRound, eraTemperature, distillation, momentum);
    }

    /** These options with another way to distil. */
    public DsflServerOptions withDistillation(SgdOptions distillation) {
        return new DsflServerOptions(federation, openSizePerRound, eraTemperature, distillation, momentum);
    }

    /** These options with another momentum. */
    public DsflServerOptions withMomentum(double momentum) {
        return new DsflServerOptions(federation, openSizePerRound, eraTemperature, distillation, momentum);
    }
}
