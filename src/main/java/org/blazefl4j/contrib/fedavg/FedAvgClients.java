package org.blazefl4j.contrib.fedavg;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.model.Model;
import org.blazefl4j.shm.TensorWalk;
import org.blazefl4j.torch.FlatParameters;
import org.bytedeco.pytorch.Tensor;
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
    private final int numClients;
    private final FedAvgClientOptions options;
    private final long numel;

    /**
     * The clients of one federation.
     *
     * @param selector makes the model; it crosses into worker processes, so it is best a record
     * @param modelName which model
     * @param dataset holds each client's samples as {@link FedAvgPartitionType#TRAIN}; stays the caller's and is kept
     *     open as long as these clients train
     * @param numClients the number of clients, with the ids 0, 1, ...
     * @param options how clients train
     * @param <N> the models' names
     * @throws IllegalArgumentException if there is no client, or one has no samples
     */
    public <N extends Enum<N>> FedAvgClients(
            ModelSelector<N> selector,
            N modelName,
            PartitionedDataset<FedAvgPartitionType> dataset,
            int numClients,
            FedAvgClientOptions options) {
        checkSamples(dataset, numClients);
        this.model = new FedAvgModel<>(selector, modelName);
        this.dataset = dataset;
        this.numClients = numClients;
        this.options = options;
        this.numel = numel(model);
    }

    private static void checkSamples(PartitionedDataset<FedAvgPartitionType> dataset, int numClients) {
        if (numClients < 1) {
            throw new IllegalArgumentException("too few clients: num_clients=" + numClients + ", limit=1 or more");
        }
        for (int cid = 0; cid < numClients; cid++) {
            if (dataset.size(FedAvgPartitionType.TRAIN, cid) == 0) {
                throw new IllegalArgumentException("no samples: cid=" + cid
                        + ", size=0, limit=1 or more; partition the data so that each client has some");
            }
        }
    }

    private static long numel(FedAvgModel<?> selected) {
        try (Model model = selected.make(Device.CPU);
                FlatParameters state = FlatParameters.of(model)) {
            return state.numel();
        }
    }

    @Override
    public FedAvgClientConfig getClientConfig(int cid) {
        return new FedAvgClientConfig(model, dataset.getDataset(FedAvgPartitionType.TRAIN, cid), options);
    }

    /**
     * The tensors that data sets of several clients have in common, such as one that all clients' indices point into.
     */
    List<Tensor> commonTensors() {
        Map<Tensor, Integer> uses = new IdentityHashMap<>();
        List<Tensor> common = new ArrayList<>();
        for (int cid = 0; cid < numClients; cid++) {
            for (TensorWalk.Found found : TensorWalk.tensors(dataset.getDataset(FedAvgPartitionType.TRAIN, cid))) {
                if (uses.merge(found.tensor(), 1, Integer::sum) == 2) {
                    common.add(found.tensor());
                }
            }
        }
        return common;
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
