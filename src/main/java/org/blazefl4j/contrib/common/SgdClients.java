package org.blazefl4j.contrib.common;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.support.ModelFit;
import org.blazefl4j.contrib.support.Partitions;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.SelectedModel;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.model.Model;
import org.blazefl4j.torch.FlatParameters;

/**
 * Clients that all train the same model as {@link LocalOptions} say, each on its own samples.
 *
 * @param <D> the downlink package
 * @param <U> the uplink package
 */
public abstract class SgdClients<D, U> implements ClientAlgorithm<ClientConfig, D, U> {

    private static final List<PartitionType> HELD_OUT = List.of(PartitionType.VALIDATION, PartitionType.TEST);

    private final SelectedModel<?> model;
    private final PartitionedDataset<PartitionType> dataset;
    private final int numClients;
    private final LocalOptions options;
    private final long numel;
    /** Each client's last configuration: a process-pool trainer encodes the same object once. */
    private final Map<Integer, ClientConfig> configs = new ConcurrentHashMap<>();

    /**
     * Checks that clients can train the model.
     *
     * @param selector makes the model; crosses into worker processes, so it is best a record
     * @param dataset holds each client's samples as {@link PartitionType#TRAIN}, and those to evaluate it on, if any,
     *     as {@link PartitionType#VALIDATION} and {@link PartitionType#TEST}; the caller keeps it open while these
     *     clients train
     * @param numClients the number of clients; their ids are 0, 1, ... A server with fewer clients never draws the last
     *     ones, which can then be evaluated as clients that never train
     * @throws IllegalArgumentException if there is no client, one has no samples, or the model takes other samples, has
     *     no output for a label, or fails on a batch of one sample that a client has
     */
    protected <N extends Enum<N>> SgdClients(
            ModelSelector<N> selector,
            N modelName,
            PartitionedDataset<PartitionType> dataset,
            int numClients,
            LocalOptions options) {
        this(new SelectedModel<>(selector, modelName), dataset, numClients, options);
    }

    /** Checks that clients can train the model, as the other constructor does. */
    protected SgdClients(
            SelectedModel<?> model, PartitionedDataset<PartitionType> dataset, int numClients, LocalOptions options) {
        Partitions.requireOfClients(dataset, PartitionType.TRAIN, numClients);
        this.model = model;
        this.dataset = dataset;
        this.numClients = numClients;
        this.options = options;
        this.numel = checkedNumel();
    }

    /** Checks that clients can train the model by plain SGD, as the other constructor does. */
    protected <N extends Enum<N>> SgdClients(
            ModelSelector<N> selector,
            N modelName,
            PartitionedDataset<PartitionType> dataset,
            int numClients,
            SgdOptions options) {
        this(selector, modelName, dataset, numClients, LocalOptions.of(options));
    }

    private long checkedNumel() {
        try (Model fresh = model.make(Device.CPU);
                FlatParameters state = FlatParameters.of(fresh)) {
            ModelFit.requireTrainable(
                    fresh, clients().toArray(), this::samples, options.batchSize(), options.lastBatch());
            return state.numel();
        }
    }

    private IntStream clients() {
        return IntStream.range(0, numClients);
    }

    private Dataset samples(int cid) {
        return dataset.getDataset(PartitionType.TRAIN, cid);
    }

    @Override
    public ClientConfig getClientConfig(int cid) {
        ClientConfig now = new ClientConfig(model, samples(cid), options, heldOut(cid));
        return configs.compute(cid, (id, last) -> last != null && last.isSame(now) ? last : now);
    }

    private Map<PartitionType, Dataset> heldOut(int cid) {
        Map<PartitionType, Dataset> found = new EnumMap<>(PartitionType.class);
        for (PartitionType type : HELD_OUT) {
            if (hasSamples(type, cid)) {
                found.put(type, dataset.getDataset(type, cid));
            }
        }
        return Map.copyOf(found);
    }

    private boolean hasSamples(PartitionType type, int cid) {
        return dataset.hasDataset(type, cid) && dataset.size(type, cid) > 0;
    }

    /** Returns the clients that have samples of their own of a type, ascending: those that can be evaluated on them. */
    public List<Integer> clientsWith(PartitionType type) {
        return clients().filter(cid -> hasSamples(type, cid)).boxed().toList();
    }

    @Override
    public OptionalInt numClients() {
        return OptionalInt.of(numClients);
    }

    @Override
    public long dataSize(int cid) {
        return dataset.size(PartitionType.TRAIN, cid);
    }

    /** Returns what a package tells of training since a {@link System#nanoTime()}: pid, worker and seconds. */
    protected static Map<String, Object> metadata(WorkerContext context, long start) {
        return Map.of(
                "pid", ProcessHandle.current().pid(),
                "worker", context.worker(),
                "seconds", (System.nanoTime() - start) * 1e-9);
    }

    /** Returns the length of the model's state as a flat vector. */
    public long numel() {
        return numel;
    }

    /** Shares all clients' samples. */
    @Override
    public Map<String, ?> shared() {
        return Map.of(
                "datasets",
                clients().mapToObj(this::samples).toList(),
                "held-out datasets",
                clients().mapToObj(this::heldOut).toList());
    }
}
