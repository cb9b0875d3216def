package org.blazefl4j.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.data.FilteredDataset;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.FederationServer;
import org.blazefl4j.federation.ModelBroadcast;
import org.blazefl4j.federation.ModelUpdate;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.trainer.AbstractClientTrainer;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.pytorch.Tensor;

/** A federation that trains what {@link BareLoop} trains, by FedAvg or another algorithm. */
final class TrainedFederation implements AutoCloseable {

    private static final int UNTIMED = 4;

    private final Workload workload;
    private final List<Tensor> indices = new ArrayList<>();
    private final InMemoryPartitionedDataset<PartitionType> data = new InMemoryPartitionedDataset<>();
    private final boolean hashes;
    private final Federation federation;
    private final FederationServer<ModelBroadcast, ModelUpdate> handler;
    private final AbstractClientTrainer<ClientConfig, ModelBroadcast, ModelUpdate> trainer;

    /** Creates a federation that trains by FedAvg, before its first round. */
    TrainedFederation(ExecutionMode mode, int rounds, TrainerOptions options, boolean hashes) {
        this(Workload.Size.USUAL, mode, rounds, options, hashes, fedAvg -> fedAvg);
    }

    /**
     * Creates a federation before its first round.
     *
     * @param hashes whether a round's end includes the SHA-256 of the global model
     */
    TrainedFederation(
            Workload.Size size,
            ExecutionMode mode,
            int rounds,
            TrainerOptions options,
            boolean hashes,
            UnaryOperator<Federation> algorithm) {
        this.hashes = hashes;
        workload = Workload.of(size);
        TensorDataset whole = new TensorDataset(workload.images(), workload.labels());
        for (int client = 0; client < size.clients(); client++) {
            indices.add(workload.indices(client));
            data.setDataset(PartitionType.TRAIN, client, new FilteredDataset(indices.get(client), whole));
        }
        data.setDataset(PartitionType.TEST, whole);
        ModelSelector<ModelName> models = ModelSelector.seeded(42, 3, 32, 32, 10);
        federation = Federation.of(models, ModelName.CNN, data, ServerOptions.of(rounds, size.clients()))
                .local(new SgdOptions(1, Workload.BATCH, Workload.RATE))
                .with(algorithm);
        handler = federation.handler();
        trainer = mode.trainer(federation.clients(), options);
    }

    /**
     * Runs one round, from publishing to the last fold and the hash. A few untimed clients go first: here workers may
     * have been idle for seconds and have given memory back, while in a run rounds follow one another.
     */
    double stepsPerSecond() {
        List<Integer> cids = trainer.order(handler.sampleClients());
        trainer.localProcessInBatches(handler.downlinkPackage(), cids.subList(0, UNTIMED), TrainedFederation::closeAll);
        long start = System.nanoTime();
        trainer.localProcessInBatches(handler.downlinkPackage(), cids, this::load);
        if (hashes) {
            handler.sha256();
        }
        double seconds = (System.nanoTime() - start) * 1e-9;
        return workload.size().clients() * workload.size().steps() / seconds;
    }

    /**
     * Runs all rounds of a new model as a {@link Simulation} does, with evaluations, and returns what they took.
     *
     * @param listeners adds listeners to it
     */
    Simulation.Summary run(Consumer<Simulation<ModelBroadcast, ModelUpdate>> listeners) {
        try (FederationServer<ModelBroadcast, ModelUpdate> fresh = federation.handler()) {
            Simulation<ModelBroadcast, ModelUpdate> simulation = new Simulation<>(fresh, trainer);
            listeners.accept(simulation);
            return simulation.run();
        }
    }

    /** Evaluates the global model by the workers. */
    double samplesPerSecondByWorkers() {
        long start = System.nanoTime();
        return samplesPerSecond(handler.evaluate(trainer.workers()), start);
    }

    /** Evaluates the global model on the calling thread. */
    double samplesPerSecondAlone() {
        long start = System.nanoTime();
        return samplesPerSecond(handler.evaluate(), start);
    }

    private static double samplesPerSecond(Evaluation evaluation, long start) {
        return evaluation.samples() / ((System.nanoTime() - start) * 1e-9);
    }

    /** Loads packages as {@link org.blazefl4j.core.Simulation} does. */
    private void load(List<ModelUpdate> uplinks) {
        try {
            handler.loadAll(uplinks);
        } finally {
            closeAll(uplinks);
        }
    }

    private static void closeAll(List<ModelUpdate> uplinks) {
        uplinks.forEach(ModelUpdate::close);
    }

    @Override
    public void close() {
        trainer.close();
        handler.close();
        data.close();
        indices.forEach(Tensor::close);
        workload.close();
    }
}
