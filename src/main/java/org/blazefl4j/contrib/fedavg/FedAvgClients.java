package org.blazefl4j.contrib.fedavg;

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
import org.blazefl4j.federation.LocalObjective;
import org.blazefl4j.federation.ModelUpdate;
import org.bytedeco.pytorch.global.torch;

/**
 * The clients of federated averaging. Each starts from the global model and takes steps of plain SGD, or as
 * {@link LocalOptions} say, on the cross-entropy of its own samples, in shuffled batches.
 *
 * <p>A client draws from these random streams: {@code shuffle} for the order of samples, {@code augment} for random
 * transforms, {@code dropout} for the model, {@code straggler} for the amount of work.
 *
 * <p>The metadata of a package are {@code pid}, the process that trained it, {@code worker}, the worker's index, and
 * {@code seconds}, the time that training took.
 */
public final class FedAvgClients extends SgdClients<FedAvgDownlinkPackage, FedAvgUplinkPackage> {

    /** Checks that clients can train the model, as the constructor of {@link SgdClients} does. */
    public <N extends Enum<N>> FedAvgClients(
            ModelSelector<N> selector,
            N modelName,
            PartitionedDataset<PartitionType> dataset,
            int numClients,
            LocalOptions options) {
        super(selector, modelName, dataset, numClients, options);
    }

    /** Checks that clients can train the model by plain SGD, as the other constructor does. */
    public <N extends Enum<N>> FedAvgClients(
            ModelSelector<N> selector,
            N modelName,
            PartitionedDataset<PartitionType> dataset,
            int numClients,
            SgdOptions options) {
        this(selector, modelName, dataset, numClients, LocalOptions.of(options));
    }

    @Override
    public ClientWorker<ClientConfig, FedAvgDownlinkPackage, FedAvgUplinkPackage> worker() {
        return FedAvgClients::train;
    }

    @Override
    public FedAvgUplinkPackage prepareUplinkPackageBuffer() {
        return new FedAvgUplinkPackage(0, torch.empty(numel()), 0, Map.of());
    }

    @Override
    public boolean acceptsDeviceTensors() {
        return true;
    }

    /** Trains one client in the uplink buffer. */
    static FedAvgUplinkPackage train(ClientConfig config, FedAvgDownlinkPackage payload, WorkerContext context) {
        FedAvgUplinkPackage buffer = context.uplinkBuffer();
        ModelUpdate update = FederationClients.train(LocalObjective.CROSS_ENTROPY, config, payload, buffer, context);
        return new FedAvgUplinkPackage(update.cid(), update.parameters(), update.dataSize(), update.metadata());
    }
}
