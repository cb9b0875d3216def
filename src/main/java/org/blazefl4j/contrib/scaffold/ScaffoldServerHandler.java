package org.blazefl4j.contrib.scaffold;

import java.util.Objects;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.FederationServer;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.federation.algorithm.Algorithms;
import org.blazefl4j.util.Arguments;

/**
 * The server of SCAFFOLD (S. P. Karimireddy et al.: SCAFFOLD: Stochastic Controlled Averaging for Federated Learning,
 * ICML 2020, algorithm 1): a global model {@code x} and a control variate {@code c}.
 *
 * <p>After a round of the clients {@code S}, of {@code N} in the whole federation, with the weights {@code w_i},
 *
 * <pre>{@code
 * x += global_lr * (sum over S of w_i * y_i / sum over S of w_i - x)
 * c += sum over S of w_i * delta c_i / sum over all N of w_i
 * }</pre>
 *
 * <p>{@link Weighting#UNIFORM}, all weights 1, is the paper's algorithm. The default weighs clients by their samples in
 * both updates, which is the same if all have equally many. So {@code c} is always the weighted mean of all clients'
 * control variates. Weighted by samples and at a {@code global_lr} of 1, {@code x} becomes FedAvg's mean bit for bit.
 * Buffers, such as BatchNorm's, are averaged with the same weights at any {@code global_lr}.
 *
 * <p>{@link #load} adds each package to exact sums, whose order changes no bit, so memory does not grow with the number
 * of clients.
 *
 * <pre>{@code
 * var options = Options.of(ServerOptions.of(15, 100).withSampleRatio(0.1));
 * try (var handler = new ScaffoldServerHandler(selector, ModelName.CNN, data, options)) {
 *     ...
 * }
 * }</pre>
 *
 * <p>A client that is {@link #drop}ped keeps its control variate on both sides. If a round fails after it has accepted
 * packages, their clients keep new control variates that this server does not know: load the packages of
 * {@code uplinkPackage()} and drop the other clients, or resume from a checkpoint. A stopped round leaves clients as
 * they were.
 *
 * <p>Owns the global model, the control variate and the packages that {@link #downlinkPackage()} returns; the data
 * stays the caller's.
 */
public final class ScaffoldServerHandler extends FederationServer<ScaffoldDownlinkPackage, ScaffoldUplinkPackage> {

    /**
     * Makes a server before its first round.
     *
     * @param selector makes the model
     * @param dataset holds the common samples to evaluate on as {@link PartitionType#TEST}, and each client's as
     *     {@link PartitionType#TRAIN}, whose sizes are weights
     * @throws IllegalArgumentException if there are no test samples, a client has no samples, or the CUDA device does
     *     not exist
     */
    public <N extends Enum<N>> ScaffoldServerHandler(
            ModelSelector<N> selector, N modelName, PartitionedDataset<PartitionType> dataset, Options options) {
        super(
                Federation.of(selector, modelName, dataset, options.common())
                        .with(Algorithms.scaffold(options.globalLr(), options.weighting())),
                broadcast -> new ScaffoldDownlinkPackage(
                        broadcast.parameters(), broadcast.vectors().get(0)));
    }

    /**
     * How a SCAFFOLD server runs a federation, besides its model and data. Each {@code with} method returns a copy with
     * one other value. Which control variates clients send is no option of the server: {@link ScaffoldClients} tells.
     *
     * <pre>{@code
     * var options = ScaffoldServerHandler.Options.of(ServerOptions.of(15, 100).withSampleRatio(0.1));
     * }</pre>
     *
     * @param common the options of every algorithm's server
     * @param globalLr the global learning rate, above 0 and finite: the step towards the mean of the clients' models; 1
     *     is the mean itself
     * @param weighting how clients weigh in the means of models and of control variates; {@code UNIFORM} is the paper's
     */
    public record Options(ServerOptions common, double globalLr, Weighting weighting) {

        public Options {
            Objects.requireNonNull(common, "common");
            Objects.requireNonNull(weighting, "weighting");
            Arguments.requirePositive("global learning rate", "global_lr", globalLr);
        }

        /** Returns a global learning rate of 1, and clients weighted by their samples, as in federated averaging. */
        public static Options of(ServerOptions common) {
            return new Options(common, 1.0, Weighting.BY_SAMPLES);
        }

        public Options withGlobalLr(double globalLr) {
            return new Options(common, globalLr, weighting);
        }

        public Options withWeighting(Weighting weighting) {
            return new Options(common, globalLr, weighting);
        }
    }
}
