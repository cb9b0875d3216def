package org.blazefl4j.contrib.dsfl;

import java.util.Objects;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.util.Arguments;

/**
 * How a client trains and distils. Crosses into worker processes. Each {@code with} method returns a copy with one
 * other value.
 *
 * @param training how it trains on its private samples
 * @param distillation how it first learns the global soft labels
 * @param momentum of both, in [0, 1); 0 for plain SGD. Otherwise each of the two optimizers has a velocity that the
 *     client keeps between rounds
 * @param evaluate whether it then evaluates its model on its own {@link PartitionType#TEST} samples
 */
public record DsflClientOptions(SgdOptions training, SgdOptions distillation, double momentum, boolean evaluate) {

    public DsflClientOptions {
        Objects.requireNonNull(training, "training");
        Objects.requireNonNull(distillation, "distillation");
        Arguments.requireShare("momentum", momentum);
    }

    /** Returns plain SGD with {@link SgdOptions#defaults()} for training and distillation, without evaluation. */
    public static DsflClientOptions defaults() {
        return new DsflClientOptions(SgdOptions.defaults(), SgdOptions.defaults(), 0, false);
    }

    public DsflClientOptions withTraining(SgdOptions training) {
        return new DsflClientOptions(training, distillation, momentum, evaluate);
    }

    public DsflClientOptions withDistillation(SgdOptions distillation) {
        return new DsflClientOptions(training, distillation, momentum, evaluate);
    }

    public DsflClientOptions withMomentum(double momentum) {
        return new DsflClientOptions(training, distillation, momentum, evaluate);
    }

    public DsflClientOptions withEvaluate(boolean evaluate) {
        return new DsflClientOptions(training, distillation, momentum, evaluate);
    }
}
