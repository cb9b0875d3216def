package org.blazefl4j.example;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.ClientDistribution;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.Schedule;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdClients;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.fedavg.FedAvgDownlinkPackage;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.contrib.fedavg.FedAvgUplinkPackage;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.core.stop.StopRules;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.Partitioner;
import org.blazefl4j.data.file.CsvOptions;
import org.blazefl4j.data.file.DataFiles;
import org.blazefl4j.federation.ClientSampler;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.FederationClients;
import org.blazefl4j.federation.LocalObjective;
import org.blazefl4j.federation.ModelBroadcast;
import org.blazefl4j.federation.ModelUpdate;
import org.blazefl4j.metrics.ConsoleMetrics;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.modelfile.StateDict;
import org.blazefl4j.torch.StepRule;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.pytorch.global.torch;

/** The Java code of {@code docs/recipes.md}. {@link RecipesTest} runs it and compares what it prints with the page. */
final class Recipes {

    private Recipes() {}

    // begin docs/recipes.md
    static final int CLIENTS = 20;

    /** FedAvg of a small network: three rounds, each with a quarter of the clients. */
    static Federation federation(PartitionedDataset<PartitionType> data) {
        var models = ModelSelector.seeded(42, 1, 28, 28, 10);
        var server = ServerOptions.of(3, CLIENTS).withSampleRatio(0.25);
        return Federation.of(models, ModelName.MLP, data, server).local(new SgdOptions(1, 50, 0.1));
    }

    static InMemoryPartitionedDataset<PartitionType> partition(ImageData images) {
        var data = new InMemoryPartitionedDataset<PartitionType>();
        var parts = Partitioner.dirichlet(1).partition(images.trainLabels(), CLIENTS, 42);
        data.setClients(PartitionType.TRAIN, images.train(), parts);
        data.setDataset(PartitionType.TEST, images.test());
        return data;
    }

    /** Trains with what a recipe adds to the simulation, and prints a line after each round. */
    static Simulation.Summary train(Federation federation, Consumer<Simulation<ModelBroadcast, ModelUpdate>> recipe) {
        try (var handler = federation.handler();
                var trainer = ExecutionMode.MULTI_THREADED.trainer(federation.clients(), TrainerOptions.defaults())) {
            var simulation = new Simulation<>(handler, trainer);
            recipe.accept(simulation);
            return simulation
                    .addListener(
                            new ConsoleMetrics(System.out, federation.server().globalRound()))
                    .run();
        }
    }

    static void fedAvg() {
        try (var images = ImageData.fashionMnist();
                var data = partition(images)) {
            train(federation(data), simulation -> {});
        }
    }
    // end docs/recipes.md

    // begin docs/recipes.md
    static final class Diary implements RoundListener<ModelUpdate> {

        private long samples;

        @Override
        public void roundStarted(int round, List<Integer> cids) {
            System.out.println("round " + (round + 1) + " with clients " + cids);
        }

        @Override
        public void clientLoaded(int round, ModelUpdate update) {
            samples += update.dataSize();
        }

        @Override
        public void roundFinished(RoundReport report) {
            System.out.println(
                    samples + " images until now, accuracy " + report.summary().get("accuracy"));
        }
    }
    // end docs/recipes.md

    static void listener(PartitionedDataset<PartitionType> data) {
        // begin docs/recipes.md
        train(federation(data), simulation -> simulation.addListener(new Diary()));
        // end docs/recipes.md
    }

    static void clientEvaluation(ImageData images, InMemoryPartitionedDataset<PartitionType> data) {
        // begin docs/recipes.md
        var own = Partitioner.iid().partition(images.testLabels(), CLIENTS, 42);
        data.setClients(PartitionType.TEST, images.test(), own);
        var clients = federation(data).clients();
        var evaluator = clients.personalEvaluator(PartitionType.TEST);
        List<Integer> evaluated = clients.clientsWith(PartitionType.TEST);
        try (var handler = federation(data).handler();
                var trainer = ExecutionMode.MULTI_THREADED.trainer(clients, TrainerOptions.defaults())) {
            var simulation = new Simulation<>(handler, trainer);
            simulation.addColumns(ClientDistribution.columns(
                    round -> true, () -> trainer.evaluate(handler.evaluationPackage(), evaluated, evaluator)));
            Map<String, Object> last = simulation.run().summary();
            for (String figure : List.of("mean", "std", "worst10", "p50")) {
                String name = figure.equals("mean") ? "client_accuracy" : "client_accuracy_" + figure;
                System.out.printf(Locale.ROOT, "%s %.4f%n", name, last.get(name));
            }
        }
        // end docs/recipes.md
    }

    static void earlyStop(PartitionedDataset<PartitionType> data) {
        // begin docs/recipes.md
        var summary = train(
                federation(data),
                simulation -> simulation
                        .addStopRule(StopRules.atLeast("accuracy", 0.6))
                        .addStopRule(StopRules.patience("loss", false, 10)));
        System.out.println(summary.rounds() + " rounds: " + summary.stopReason().orElse("all of them"));
        // end docs/recipes.md
    }

    static void decay(PartitionedDataset<PartitionType> data) {
        // begin docs/recipes.md
        var options = LocalOptions.of(new SgdOptions(1, 50, 0.1)).withSchedule(Schedule.exponential(0.5));
        train(federation(data).local(options), simulation -> {});
        for (int round = 0; round < 3; round++) {
            System.out.println("round " + (round + 1) + " had the rate " + options.rate(round, 0));
        }
        // end docs/recipes.md
    }

    static void adamW(PartitionedDataset<PartitionType> data) {
        // begin docs/recipes.md
        var options = LocalOptions.of(new SgdOptions(1, 50, 0.001))
                .withRule(StepRule.adamW().withDecoupledWeightDecay(0.05));
        train(federation(data).local(options), simulation -> {});
        // end docs/recipes.md
    }

    // begin docs/recipes.md
    /** Phones can be reached at night, and live in time zones: each of them in one round of {@code zones}. */
    record Nights(int zones) implements ClientSampler {

        @Override
        public List<Integer> sample(Draw draw) {
            List<Integer> reachable = new ArrayList<>(draw.candidates());
            reachable.removeIf(cid -> (cid + draw.round()) % zones != 0);
            Collections.shuffle(reachable, new Random(draw.random("nights").nextLong()));
            int count = Math.min(draw.clientsPerRound(), reachable.size());
            return reachable.subList(0, count).stream().sorted().toList();
        }
    }
    // end docs/recipes.md

    static void sampler(PartitionedDataset<PartitionType> data) {
        // begin docs/recipes.md
        train(federation(data).sampler(new Nights(3)), simulation -> simulation.addListener(new Diary()));
        // end docs/recipes.md
    }

    // begin docs/recipes.md
    /** FedAvg's clients, which also tell how far training took them from the model that they received. */
    static final class DriftClients extends SgdClients<FedAvgDownlinkPackage, FedAvgUplinkPackage> {

        DriftClients(PartitionedDataset<PartitionType> data, SgdOptions options) {
            super(ModelSelector.seeded(42, 1, 28, 28, 10), ModelName.MLP, data, CLIENTS, options);
        }

        @Override
        public ClientWorker<ClientConfig, FedAvgDownlinkPackage, FedAvgUplinkPackage> worker() {
            return DriftClients::train;
        }

        @Override
        public FedAvgUplinkPackage prepareUplinkPackageBuffer() {
            return new FedAvgUplinkPackage(0, torch.empty(numel()), 0, Map.of());
        }

        static FedAvgUplinkPackage train(ClientConfig config, FedAvgDownlinkPackage payload, WorkerContext context) {
            FedAvgUplinkPackage buffer = context.uplinkBuffer();
            var trained = FederationClients.train(LocalObjective.CROSS_ENTROPY, config, payload, buffer, context);
            double drift = trained.parameters().sub(payload.parameters()).norm().item_double();
            return new FedAvgUplinkPackage(
                    trained.cid(), trained.parameters(), trained.dataSize(), Map.of("drift", drift));
        }
    }
    // end docs/recipes.md

    static void subclass(PartitionedDataset<PartitionType> data) {
        // begin docs/recipes.md
        var models = ModelSelector.seeded(42, 1, 28, 28, 10);
        var server = ServerOptions.of(1, CLIENTS).withSampleRatio(0.25);
        var clients = new DriftClients(data, new SgdOptions(1, 50, 0.1));
        try (var handler = new FedAvgServerHandler(models, ModelName.MLP, data, server);
                var trainer = ExecutionMode.MULTI_THREADED.trainer(clients, TrainerOptions.defaults())) {
            trainer.localProcess(handler.downlinkPackage(), handler.sampleClients(), uplink -> {
                try (uplink) {
                    handler.load(uplink);
                    System.out.println("client " + uplink.cid() + " " + uplink.metadata());
                }
            });
        }
        // end docs/recipes.md
    }

    static void export(PartitionedDataset<PartitionType> data, Path folder) {
        // begin docs/recipes.md
        var federation = federation(data);
        try (var handler = federation.handler();
                var trainer = ExecutionMode.MULTI_THREADED.trainer(federation.clients(), TrainerOptions.defaults())) {
            new Simulation<>(handler, trainer).run();
            try (StateDict state = handler.stateDicts().get(0)) {
                state.write(folder.resolve("model.pt"));
                System.out.println(state.tensors().keySet());
            }
        }
        // end docs/recipes.md
    }

    static void table(Path folder) throws IOException {
        // begin docs/recipes.md
        try (var table = DataFiles.csv(
                        folder.resolve("loans.csv"), CsvOptions.of("repaid").withClientColumn("bank"));
                var data = new InMemoryPartitionedDataset<PartitionType>()) {
            ImageData rows = table.samples(); // "images" of 1 × 1 × features
            int features = (int) rows.trainImages().size(3);
            int banks = table.owners().size();
            var parts = Partitioner.owners(table.trainOwners()).partition(rows.trainLabels(), banks, 42);
            data.setClients(PartitionType.TRAIN, rows.train(), parts);
            data.setDataset(PartitionType.TEST, rows.test());
            var models = ModelSelector.seeded(42, 1, 1, features, rows.classes());
            var federation = Federation.of(models, ModelName.MLP, data, ServerOptions.of(3, banks))
                    .local(new SgdOptions(5, 10, 0.1));
            train(federation, simulation -> {});
        }
        // end docs/recipes.md
    }

    static void torchScript(PartitionedDataset<PartitionType> data, Path folder) {
        // begin docs/recipes.md
        var models = ModelSelector.torchScript(folder.resolve("net.ts"));
        var server = ServerOptions.of(3, CLIENTS).withSampleRatio(0.25);
        var federation = Federation.of(models, ModelSelector.Only.MODEL, data, server);
        train(federation.local(new SgdOptions(1, 50, 0.1)), simulation -> {});
        // end docs/recipes.md
    }
}
