package org.blazefl4j.contrib.scaffold;

import java.util.Map;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.SgdClients;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.federation.FederationClients;
import org.blazefl4j.federation.ModelUpdate;
import org.blazefl4j.federation.algorithm.Scaffold;
import org.bytedeco.pytorch.global.torch;

/**
 * The clients of SCAFFOLD (S. P. Karimireddy et al., ICML 2020, algorithm 1, option II). Each starts from the global
 * model {@code x} and takes {@code K} steps of SGD on the cross-entropy of its own samples, in shuffled batches.
 * Control variates correct each gradient {@code g} for the client's drift:
 *
 * <pre>{@code
 * y -= lr * (g(y) - c_i + c)                    K times, from y = x
 * delta c_i = (x - y) / (K * lr) - c           with momentum or a schedule: / LocalOptions.distance
 * c_i += delta c_i                              kept for the client's next round, zero before its first
 * }</pre>
 *
 * <p>Control variates are zero at buffers and frozen parameters. While they are all zero, as in the first round, the
 * steps are those of {@link org.blazefl4j.contrib.fedavg.FedAvgClients} bit for bit. Random streams and metadata are
 * the same.
 *
 * <p>Option I, for other optimizers than SGD, is
 * {@link org.blazefl4j.federation.algorithm.Algorithms#scaffoldWithFullGradients}, of which {@code Federation} makes
 * server and clients.
 *
 * <p>The control variate {@code c_i} is the client's state (see {@link WorkerContext#state}), replaced when the package
 * with its change is accepted.
 */
public final class ScaffoldClients extends SgdClients<ScaffoldDownlinkPackage, ScaffoldUplinkPackage> {

    private static final Scaffold OBJECTIVE = new Scaffold(false);

    /**
     * Checks that clients can train the model, as the constructor of {@link SgdClients} does.
     *
     * @throws IllegalArgumentException also if the optimizer is not SGD, or keeps its state
     */
    public <N extends Enum<N>> ScaffoldClients(
            ModelSelector<N> selector,
            N modelName,
            PartitionedDataset<PartitionType> dataset,
            int numClients,
            LocalOptions options) {
        super(selector, modelName, dataset, numClients, options);
        OBJECTIVE.check(options);
    }

    /** Checks that clients can train the model by plain SGD, as the other constructor does. */
    public <N extends Enum<N>> ScaffoldClients(
            ModelSelector<N> selector,
            N modelName,
            PartitionedDataset<PartitionType> dataset,
            int numClients,
            SgdOptions options) {
        this(selector, modelName, dataset, numClients, LocalOptions.of(options));
    }

    @Override
    public ClientWorker<ClientConfig, ScaffoldDownlinkPackage, ScaffoldUplinkPackage> worker() {
        return ScaffoldClients::train;
    }

    @Override
    public ScaffoldUplinkPackage prepareUplinkPackageBuffer() {
        return new ScaffoldUplinkPackage(0, torch.empty(numel()), torch.empty(numel()), 0, Map.of());
    }

    /** Trains one client in the uplink buffer. */
    static ScaffoldUplinkPackage train(ClientConfig config, ScaffoldDownlinkPackage payload, WorkerContext context) {
        ScaffoldUplinkPackage buffer = context.uplinkBuffer();
        ModelUpdate update = FederationClients.train(OBJECTIVE, config, payload, buffer, context);
        return new ScaffoldUplinkPackage(
                update.cid(), update.parameters(), buffer.controlDelta(), update.dataSize(), update.metadata());
    }
}
