package org.blazefl4j.spark;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.Partitioner;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.FederationServer;
import org.blazefl4j.federation.ModelBroadcast;
import org.blazefl4j.federation.ModelUpdate;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.federation.algorithm.Algorithms;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;

/** A small experiment on included images, for comparison with one machine. */
final class Study implements AutoCloseable {

    static final int CLIENTS = 14;
    static final int ROUNDS = 2;

    private final ImageData images = ImageData.fashionMnist();
    private final InMemoryPartitionedDataset<PartitionType> data = new InMemoryPartitionedDataset<>();

    /** An algorithm: one whose sums are exact, one with clients' states and two sums, and one without exact sums. */
    enum Rule {
        FEDAVG,
        SCAFFOLD,
        FEDNOVA;

        private Federation of(Federation federation) {
            return switch (this) {
                case FEDAVG -> federation;
                case SCAFFOLD -> federation.with(Algorithms.scaffold(1, Weighting.BY_SAMPLES));
                case FEDNOVA -> federation.with(Algorithms.fedNova(Weighting.BY_SAMPLES));
            };
        }
    }

    Study() {
        List<long[]> parts = Partitioner.dirichlet(0.5).partition(images.trainLabels(), CLIENTS, 42);
        data.setClients(PartitionType.TRAIN, images.train(), parts);
        data.setDataset(PartitionType.TEST, images.test());
    }

    /** Returns the federation of an algorithm, in which ten clients train in each round. */
    Federation federation(Rule rule) {
        return federation(rule, ROUNDS);
    }

    Federation federation(Rule rule, int rounds) {
        ServerOptions server = ServerOptions.of(rounds, CLIENTS).withSampleRatio(0.8);
        return rule.of(Federation.of(ModelSelector.seeded(42, 1, 28, 28, 10), ModelName.LOGISTIC, data, server)
                .local(new SgdOptions(1, 50, 0.1)));
    }

    /** Runs all rounds on this machine; returns the SHA-256 of the model after each. */
    List<String> here(Rule rule) {
        Federation federation = federation(rule);
        try (var handler = federation.handler();
                var trainer = ExecutionMode.SINGLE_THREADED.trainer(federation.clients(), TrainerOptions.defaults())) {
            return hashes(handler, trainer);
        }
    }

    /** Runs the rounds that are left; returns the loss and the SHA-256 of the model after each. */
    static List<String> hashes(
            FederationServer<ModelBroadcast, ModelUpdate> handler, ClientTrainer<ModelBroadcast, ModelUpdate> trainer) {
        return hashes(handler, trainer, List.of());
    }

    /** Runs the rounds that are left; returns the SHA-256 of the model after each. */
    static List<String> hashes(
            FederationServer<ModelBroadcast, ModelUpdate> handler,
            ClientTrainer<ModelBroadcast, ModelUpdate> trainer,
            List<RoundListener<Object>> listeners) {
        List<String> hashes = new ArrayList<>();
        Simulation<ModelBroadcast, ModelUpdate> simulation = new Simulation<>(handler, trainer);
        listeners.forEach(simulation::addListener);
        simulation
                .addListener(new RoundListener<>() {
                    @Override
                    public void roundFinished(RoundReport report) {
                        hashes.add(report.summary().get("loss") + " "
                                + report.summary().get("sha256"));
                    }
                })
                .run();
        return hashes;
    }

    @Override
    public void close() {
        data.close();
        images.close();
    }
}
