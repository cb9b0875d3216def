package org.blazefl4j.contrib.dsfl;

import java.util.Objects;
import org.blazefl4j.contrib.common.SgdOptions;

/**
 * What a client does in a round; checked when made. Crosses into worker processes.
 *
 * @param training how it trains on its private samples
 * @param distillation how it learns the global soft labels before
 * @param momentum of both, in [0, 1); 0 for plain SGD. Above it each of the two optimizers has a velocity, which the
 *     client keeps from round to round
 * @param evaluate whether it then evaluates its model on its own {@link DsflPartitionType#TEST} samples, which it has
 *     to have
 */
public record DsflClientOptions(SgdOptions training, SgdOptions distillation, double momentum, boolean evaluate) {

    /** Checks the parts. */
    public DsflClientOptions {
        Objects.requireNonNull(training, "training");
        Objects.requireNonNull(distillation, "distillation");
        Optimizer.checkMomentum(momentum);
    }

    /** Plain SGD with {@link SgdOptions#defaults()} for training and distillation, without evaluation. */
    public static DsflClientOptions defaults() {
        return new DsflClientOptions(SgdOptions.defaults(), SgdOptions.defaults(), 0, false);
    }

    /** These options with another way to train. */
    public DsflClientOptions withTraining(SgdOptions training) {
        return new DsflClientOptions(training, distillation, momentum, evaluate);
    }

    /** These options with another way to distil. */
    public DsflClientOptions withDistillation(SgdOptions distillation) {
        return new DsflClientOptions(training, distillation, momentum, evaluate);
    }

    /** These options with another momentum. */
    public DsflClientOptions withMomentum(double momentum) {
        return new DsflClientOptions(training, distillation, momentum, evaluate);
    }

    /** These options with or without evaluation. */
    public DsflClientOptions withEvaluate(boolean evaluate) {
        return new DsflClientOptions(training, distillation, momentum, evaluate);
    }
}
