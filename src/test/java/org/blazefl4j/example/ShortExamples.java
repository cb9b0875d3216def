package org.blazefl4j.example;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.blazefl4j.contrib.common.ClientDistribution;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.Schedule;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.fedavg.FedAvgClients;
import org.blazefl4j.contrib.fedavg.FedAvgDownlinkPackage;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.contrib.fedavg.FedAvgUplinkPackage;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.data.ClientSplits;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.Partitioner;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.FederationClients;
import org.blazefl4j.federation.algorithm.Algorithms;
import org.blazefl4j.federation.algorithm.ServerOptimizers;
import org.blazefl4j.federation.sampling.Samplers;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.modelfile.StateDict;
import org.blazefl4j.torch.StepRule;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.FailurePolicy;
import org.blazefl4j.trainer.TrainerOptions;

/** Short pieces of code on the pages, without a program around them. */
final class ShortExamples {

    private ShortExamples() {}

    static LocalOptions localTraining() {
        // begin docs/guide.md
        LocalOptions options = LocalOptions.of(new SgdOptions(5, 50, 0.05))
                .withRule(StepRule.sgd().withMomentum(0.9).withWeightDecay(5e-4))
                .withSchedule(Schedule.cosine(200, 0).withWarmUp(5))
                .withMaxGradNorm(10);
        // end docs/guide.md
        return options;
    }

    static void modelFiles(Model model) {
        // begin docs/pytorch.md
        try (StateDict state = StateDict.read(Path.of("pretrained.safetensors"))) {
            state.loadInto(model);
        }
        try (StateDict state = StateDict.of(model)) {
            state.write(Path.of("trained.pt"));
        }
        // end docs/pytorch.md
    }

    static TrainerOptions failurePolicy() {
        // begin docs/guide.md
        TrainerOptions options = TrainerOptions.builder()
                .onClientFailure(FailurePolicy.retry(3).thenDrop())
                .clientTimeLimit(Duration.ofMinutes(2))
                .build();
        // end docs/guide.md
        return options;
    }

    static void tellOfDroppedClients(ClientTrainer<?, ?> trainer, ServerHandler<?, ?> handler) {
        // begin docs/guide.md
        trainer.dropped().forEach(failure -> handler.drop(failure.clientId()));
        // end docs/guide.md
    }

    static void clientEvaluation(
            Simulation<FedAvgDownlinkPackage, FedAvgUplinkPackage> simulation,
            FedAvgServerHandler handler,
            ClientTrainer<FedAvgDownlinkPackage, FedAvgUplinkPackage> trainer,
            FedAvgClients clients) {
        // begin docs/guide.md
        List<Integer> cids = clients.clientsWith(PartitionType.TEST);
        var evaluator = FederationClients.evaluator(PartitionType.TEST);
        simulation.addColumns(ClientDistribution.columns(
                round -> round % 5 == 4, () -> trainer.evaluate(handler.evaluationPackage(), cids, evaluator)));
        // end docs/guide.md
    }

    static void clientSplits(InMemoryPartitionedDataset<PartitionType> data, ImageData images, int clients, long seed) {
        // begin docs/guide.md
        List<long[]> parts = Partitioner.dirichlet(0.5).partition(images.trainLabels(), clients, seed);
        ClientSplits splits = ClientSplits.of(parts, 0.1, 0.2, seed);
        data.setClients(PartitionType.TRAIN, images.train(), splits.train());
        data.setClients(PartitionType.VALIDATION, images.train(), splits.validation());
        data.setClients(PartitionType.TEST, images.train(), splits.test());
        // end docs/guide.md
    }

    static Federation composed(
            ModelSelector<ModelName> models, InMemoryPartitionedDataset<PartitionType> data, ServerOptions server) {
        return
        // begin README.md
        Federation.of(models, ModelName.CNN, data, server)
                .with(Algorithms.fedProx(0.01))
                .serverOptimizer(ServerOptimizers.yogi(0.01))
                .sampler(Samplers.poisson(0.1));
        // end README.md
    }

    static void run(
            ModelSelector<ModelName> models,
            InMemoryPartitionedDataset<PartitionType> data,
            ServerOptions server,
            ExecutionMode mode) {
        // begin docs/guide.md
        var federation = Federation.of(models, ModelName.CNN, data, server).with(Algorithms.fedDyn(0.01));
        try (var handler = federation.handler();
                var trainer = mode.trainer(federation.clients(), TrainerOptions.defaults())) {
            new Simulation<>(handler, trainer).run();
        }
        // end docs/guide.md
    }

    static void collectingLoop(
            FedAvgServerHandler handler, ClientTrainer<FedAvgDownlinkPackage, FedAvgUplinkPackage> trainer) {
        // begin docs/coming-from-blazefl.md
        while (!handler.isStopped()) {
            var cids = handler.sampleClients();
            var payload = handler.downlinkPackage();
            trainer.localProcess(payload, cids);
            for (var uplink : trainer.uplinkPackage()) {
                try (uplink) {
                    handler.load(uplink);
                }
            }
            System.out.println(handler.getSummary());
        }
        // end docs/coming-from-blazefl.md
    }
}
