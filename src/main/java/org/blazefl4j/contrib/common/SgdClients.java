package org.blazefl4j.contrib.common;

import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.model.Model;
import org.blazefl4j.torch.FlatParameters;

/**
 * Clients that all train the same model by SGD, each on its own samples.
 *
 * @param <D> the downlink package
 * @param <U> the uplink package
 */
public abstract class SgdClients<D, U> implements ClientAlgorithm<ClientConfig, D, U> {

    private final SelectedModel<?> model;
    private final PartitionedDataset<PartitionType> dataset;
    private final int numClients;
    private final SgdOptions options;
    private final long numel;
    private final ClientConfigs<ClientConfig> configs = new ClientConfigs<>();

    /**
     * The clients of one federation.
     *
     * @param selector makes the model; it crosses into worker processes, so it is best a record
     * @param modelName which model
     * @param dataset holds each client's samples as {@link PartitionType#TRAIN}; stays the caller's and is kept open as
     *     long as these clients train
     * @param numClients the number of clients, with the ids 0, 1, ...
     * @param options how clients train
     * @param <N> the models' names
     * @throws IllegalArgumentException if there is no client, one has no samples, or clients cannot train the model on
     *     theirs: it takes other ones, has no output for a label, or fails on a batch of one sample that a client has
     */
    protected <N extends Enum<N>> SgdClients(
            ModelSelector<N> selector,
            N modelName,
            PartitionedDataset<PartitionType> dataset,
            int numClients,
            SgdOptions options) {
        Partitions.requireOfClients(dataset, PartitionType.TRAIN, numClients);
        this.model = new SelectedModel<>(selector, modelName);
        this.dataset = dataset;
        this.numClients = numClients;
        this.options = options;
        this.numel = checkedNumel();
    }

    private long checkedNumel() {
        try (Model fresh = model.make(Device.CPU);
                FlatParameters state = FlatParameters.of(fresh)) {
            int[] cids = IntStream.range(0, numClients).toArray();
            ModelFit.requireTrainable(fresh, cids, cid -> dataset.getDataset(PartitionType.TRAIN, cid), options);
            return state.numel();
        }
    }

    @Override
    public ClientConfig getClientConfig(int cid) {
        Partitions.requireClient(cid, numClients);
        Dataset samples = dataset.getDataset(PartitionType.TRAIN, cid);
        return configs.get(cid, last -> last.dataset() == samples, () -> new ClientConfig(model, samples, options));
    }

    @Override
    public OptionalInt numClients() {
        return OptionalInt.of(numClients);
    }

    @Override
    public long dataSize(int cid) {
        Partitions.requireClient(cid, numClients);
        return dataset.size(PartitionType.TRAIN, cid);
    }

    /** The length of the model's state as a flat vector. */
    public long numel() {
        return numel;
    }

    /** All clients' samples. */
    @Override
    public Map<String, ?> shared() {
        return Map.of(
                "datasets",
                IntStream.range(0, numClients)
                        .mapToObj(cid -> dataset.getDataset(PartitionType.TRAIN, cid))
                        .toList());
    }
}
