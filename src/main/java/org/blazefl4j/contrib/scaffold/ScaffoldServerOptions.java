package org.blazefl4j.contrib.scaffold;

import java.util.Objects;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.Weighting;
import org.blazefl4j.util.Arguments;

/**
 * How a SCAFFOLD server runs a federation, besides its model and data. Each {@code with} method returns a copy with one
 * other value. Which control variates clients send is no option of the server: {@link ScaffoldClients} tells.
 *
 * <pre>{@code
 * ScaffoldServerOptions options = ScaffoldServerOptions.of(ServerOptions.of(15, 100).withSampleRatio(0.1));
 * }</pre>
 *
 * @param common the options of every algorithm's server
 * @param globalLr the global learning rate, above 0 and finite: the step towards the mean of the clients' models; 1 is
 *     the mean itself
 * @param weighting how clients weigh in the means of models and of control variates; {@code UNIFORM} is the paper's
 */
public record ScaffoldServerOptions(ServerOptions common, double globalLr, Weighting weighting) {

    public ScaffoldServerOptions {
        Objects.requireNonNull(common, "common");
        Objects.requireNonNull(weighting, "weighting");
        Arguments.requirePositive("global learning rate", "global_lr", globalLr);
    }

    /** Returns a global learning rate of 1, and clients weighted by their samples, as in federated averaging. */
    public static ScaffoldServerOptions of(ServerOptions common) {
        return new ScaffoldServerOptions(common, 1.0, Weighting.BY_SAMPLES);
    }

    public ScaffoldServerOptions withGlobalLr(double globalLr) {
        return new ScaffoldServerOptions(common, globalLr, weighting);
    }

    public ScaffoldServerOptions withWeighting(Weighting weighting) {
        return new ScaffoldServerOptions(common, globalLr, weighting);
    }
}
