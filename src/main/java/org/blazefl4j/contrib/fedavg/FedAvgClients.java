package org.blazefl4j.contrib.fedavg;

import java.util.Map;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.model.Model;
import org.blazefl4j.torch.FlatParameters;
import org.bytedeco.pytorch.global.torch;

/**
 * The clients of federated averaging: each starts from the global model and takes steps of plain SGD on the
 * cross-entropy of its own samples, in shuffled batches.
 *
 * <p>A client's random numbers come from three streams of its own: {@code shuffle} for the order of samples,
 * {@code augment} for random transforms, {@code dropout} for the model.
 *
 * <p>In a package's metadata are {@code pid}, the process that trained it, {@code worker}, the worker's index, and
 * {@code seconds}, how long training took.
 */
public final class FedAvgClients
        implements ClientAlgorithm<FedAvgUplinkPackage, FedAvgDownlinkPackage, FedAvgClientConfig> {

    private final FedAvgModel<?> model;
    private final PartitionedDataset<FedAvgPartitionType> dataset;
    private final FedAvgClientOptions options;
    private final long numel;

    /**
     * The clients of one federation.
     *
     * @param selector makes the model; it crosses into worker processes, so it is best a record
     * @param modelName which model
     * @param dataset holds each client's samples as {@link FedAvgPartitionType#TRAIN}; stays the caller's and is kept
     *     open as long as these clients train
     * @param options how clients train
     * @param <N> the models' names
     */
    public <N extends Enum<N>> FedAvgClients(
            ModelSelector<N> selector,
            N modelName,
            PartitionedDataset<FedAvgPartitionType> dataset,
            FedAvgClientOptions options) {
        this.model = new FedAvgModel<>(selector, modelName);
        this.dataset = dataset;
        this.options = options;
        this.numel = numel(model);
    }

    private static long numel(FedAvgModel<?> selected) {
        try (Model model = selected.make(Device.CPU);
                FlatParameters state = FlatParameters.of(model)) {
            return state.numel();
        }
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException if the client has no samples
     */
    @Override
    public FedAvgClientConfig getClientConfig(int cid) {
        if (dataSize(cid) == 0) {
            throw new IllegalArgumentException("no samples: cid=" + cid
                    + ", size=0, limit=1 or more; partition the data so that each client has some");
        }
        return new FedAvgClientConfig(model, dataset.getDataset(FedAvgPartitionType.TRAIN, cid), options);
    }

    @Override
    public ClientWorker<FedAvgClientConfig, FedAvgDownlinkPackage, FedAvgUplinkPackage> worker() {
        return FedAvgClients::train;
    }

    @Override
    public FedAvgUplinkPackage prepareUplinkPackageBuffer() {
        return new FedAvgUplinkPackage(0, torch.empty(numel), 0, Map.of());
    }

    @Override
    public long dataSize(int cid) {
        return dataset.size(FedAvgPartitionType.TRAIN, cid);
    }

    /** Trains one client, in the uplink buffer where that is on the model's device. */
    static FedAvgUplinkPackage train(FedAvgClientConfig config, FedAvgDownlinkPackage payload, WorkerContext context) {
        long start = System.nanoTime();
        LocalModel local = context.get(
                "fedavg " + config.model().name() + " " + context.device(),
                () -> new LocalModel(config.model(), context.device()));
        FedAvgUplinkPackage buffer = context.uplinkBuffer();
        local.train(config, payload.parameters(), buffer.parameters(), context);
        Map<String, Object> metadata = Map.of(
                "pid", ProcessHandle.current().pid(),
                "worker", context.worker(),
                "seconds", (System.nanoTime() - start) * 1e-9);
        return new FedAvgUplinkPackage(
                context.clientId(), buffer.parameters(), config.dataset().size(), metadata);
    }
}
