package org.blazefl4j.contrib.scaffold;

import java.util.Objects;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.Weighting;

/**
 * What a SCAFFOLD server needs to know besides its model and data; all checked when made.
 *
 * <pre>{@code
 * ScaffoldServerOptions options = ScaffoldServerOptions.of(ServerOptions.of(15, 100).withSampleRatio(0.1));
 * }</pre>
 *
 * @param common what servers of all algorithms need to know
 * @param globalLr the global learning rate: how far the model goes towards the mean of the clients' models, above 0 and
 *     finite; at 1 to the mean itself
 * @param weighting how much each client counts in the means of models and of control variates; {@code UNIFORM} is the
 *     paper's
 */
public record ScaffoldServerOptions(ServerOptions common, double globalLr, Weighting weighting) {

    /** Checks the parts. */
    public ScaffoldServerOptions {
        Objects.requireNonNull(common, "common");
        Objects.requireNonNull(weighting, "weighting");
        if (!(globalLr > 0 && globalLr < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "global learning rate out of range: global_lr=" + globalLr + ", limit=above 0 and finite");
        }
    }

    /** A global learning rate of 1, and clients that count by their samples, as in federated averaging. */
    public static ScaffoldServerOptions of(ServerOptions common) {
        return new ScaffoldServerOptions(common, 1.0, Weighting.BY_SAMPLES);
    }

    /** These options with another global learning rate. */
    public ScaffoldServerOptions withGlobalLr(double globalLr) {
        return new ScaffoldServerOptions(common, globalLr, weighting);
    }

    /** These options with another weighting. */
    public ScaffoldServerOptions withWeighting(Weighting weighting) {
        return new ScaffoldServerOptions(common, globalLr, weighting);
    }
}
