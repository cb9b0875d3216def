package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.blazefl4j.federation.FederationRuns.CLIENTS;
import static org.blazefl4j.federation.FederationRuns.fedAvg;
import static org.blazefl4j.federation.FederationRuns.hashes;
import static org.blazefl4j.federation.FederationRuns.initial;
import static org.blazefl4j.federation.FederationRuns.model;
import static org.blazefl4j.federation.FederationRuns.resumed;
import static org.blazefl4j.torch.Elements.floats;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.contrib.common.MemoryCheckpoint;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.federation.ClientSampler;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.FederationClients;
import org.blazefl4j.federation.FederationServer;
import org.blazefl4j.federation.ModelBroadcast;
import org.blazefl4j.federation.ModelUpdate;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.util.Slow;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** IFCA's clients take the model that fits them best, and each model is the mean of its own clients. */
final class IfcaTest {

    private final TinyData data = TinyData.evenly(90, CLIENTS);

    @AfterEach
    void close() {
        data.close();
    }

    private Federation ifca(int rounds) {
        return fedAvg(Tiny.CONVOLUTION, data, rounds).with(Algorithms.ifca(2, Weighting.BY_SAMPLES));
    }

    @Test
    void shouldRefuseMoreClustersThanClients() {
        assertThatThrownBy(() -> fedAvg(Tiny.LINEAR, data, 1)
                        .with(Algorithms.ifca(CLIENTS + 1, Weighting.BY_SAMPLES))
                        .handler())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("too many clusters: clusters=" + (CLIENTS + 1) + ", limit=" + CLIENTS
                        + ", the number of clients");
    }

    // ---- one cluster

    @Test
    void shouldBeFederatedAveragingWithOneCluster() {
        Federation fedAvg = fedAvg(Tiny.CONVOLUTION, data, 3);
        List<String> expected = hashes(fedAvg);
        assertThat(hashes(fedAvg.with(Algorithms.ifca(1, Weighting.BY_SAMPLES))))
                .isEqualTo(expected);
        assertThat(hashes(
                        fedAvg.objective(new Clustered()).aggregation(new ClusterMeans.Rule(1, Weighting.BY_SAMPLES))))
                .isEqualTo(expected);
    }

    // ---- clusters are found

    @Test
    void shouldSeparateClientsWhoseLabelsArePermuted() {
        InMemoryPartitionedDataset<PartitionType> planted = planted();
        for (int seed = 0; seed < 3; seed++) {
            ChosenClusters choices = new ChosenClusters();
            Federation federation = Federation.of(
                            new Tiny.Selector(seed),
                            Tiny.LINEAR,
                            planted,
                            ServerOptions.of(8, CLIENTS).withSeed(seed))
                    .local(fedAvg(Tiny.LINEAR, data, 1).local())
                    .sampler(choices)
                    .with(Algorithms.ifca(2, Weighting.BY_SAMPLES));
            hashes(federation);
            assertThat(choices.of(0, 3)).as("seed %d", seed).hasSize(1);
            assertThat(choices.of(3, 6)).as("seed %d", seed).hasSize(1).isNotEqualTo(choices.of(0, 3));
        }
    }

    /** Returns the tiny data with each label y of clients 3 to 5 replaced by (y + 1) mod 3. */
    private InMemoryPartitionedDataset<PartitionType> planted() {
        TinyData apart = data.apart();
        InMemoryPartitionedDataset<PartitionType> planted = new InMemoryPartitionedDataset<>();
        planted.setDataset(PartitionType.TEST, apart.whole());
        for (int cid = 0; cid < CLIENTS; cid++) {
            TensorDataset own = (TensorDataset) apart.partitions().getDataset(PartitionType.TRAIN, cid);
            Tensor same = Objects.requireNonNull(own.targets());
            Tensor labels = cid < 3 ? same : same.add(new Scalar(1)).remainder(new Scalar(Tiny.CLASSES));
            planted.setDataset(PartitionType.TRAIN, cid, new TensorDataset(own.data(), labels));
        }
        return planted;
    }

    /** Asks all clients for their losses, and remembers what they report after. */
    private static final class Losses implements ClientSampler {

        private final List<Double> asked = new ArrayList<>();
        private final List<Double> reported = new ArrayList<>();

        @Override
        public List<Integer> sample(Draw draw) {
            asked.addAll(draw.losses(draw.candidates()));
            return draw.candidates();
        }

        @Override
        public void completed(Outcome outcome) {
            new TreeMap<>(outcome.numbers()).values().forEach(numbers -> reported.add(numbers.get("loss")));
        }
    }

    @Test
    void shouldTellSamplersTheLossesOfTheModelsThatFitBest() {
        Losses losses = new Losses();
        hashes(ifca(3).sampler(losses));
        assertThat(losses.asked).hasSize(3 * CLIENTS).isEqualTo(losses.reported);
    }

    // ---- clients

    @Test
    void shouldTrainTheModelWithTheLeastLossOrTheFirstOfEqualOnes() {
        Federation federation = fedAvg(Tiny.CONVOLUTION, data, 1).objective(new Clustered());
        float[] bad = initial(federation);
        float[] good = model(fedAvg(Tiny.CONVOLUTION, data, 3));
        ModelUpdate second = train(federation, bad, good);
        assertThat(second.numbers()).containsEntry("cluster", 1.0).containsKey("loss");
        ModelUpdate alone = train(federation, good);
        assertThat(floats(second.parameters())).isEqualTo(floats(alone.parameters()));
        assertThat(second.numbers().get("loss")).isEqualTo(alone.numbers().get("loss"));
        assertThat(train(federation, good, bad).numbers()).containsEntry("cluster", 0.0);
        assertThat(train(federation, bad, good, good).numbers()).containsEntry("cluster", 1.0);
    }

    @Test
    void shouldTakeTheFirstModelIfNoLossIsANumber() {
        Federation federation = fedAvg(Tiny.LINEAR, data, 1).objective(new Clustered());
        float[] broken = initial(federation);
        Arrays.fill(broken, Float.NaN);
        assertThat(train(federation, broken, broken).numbers()).containsEntry("cluster", 0.0);
        assertThat(train(federation, broken, initial(federation)).numbers()).containsEntry("cluster", 1.0);
    }

    /** Updates are transformed as changes of the model that the client chose. */
    @Test
    void shouldSendTheChangeOfTheChosenModel() {
        Federation federation = fedAvg(Tiny.CONVOLUTION, data, 1).objective(new Clustered());
        float[] bad = initial(federation);
        float[] good = model(fedAvg(Tiny.CONVOLUTION, data, 3));
        float[] change =
                floats(train(federation.uplink((update, run) -> {}), bad, good).parameters());
        float[] trained = floats(train(federation, bad, good).parameters());
        for (int i = 0; i < change.length; i++) {
            assertThat(change[i]).as("element %d", i).isEqualTo(trained[i] - good[i]);
        }
    }

    @Test
    void shouldEvaluateTheModelThatFitsTheClient() {
        Federation federation = fedAvg(Tiny.CONVOLUTION, data, 1).objective(new Clustered());
        float[] bad = initial(federation);
        float[] good = model(fedAvg(Tiny.CONVOLUTION, data, 3));
        var personal = federation.clients().personalEvaluator(PartitionType.TRAIN);
        var received = FederationClients.evaluator(PartitionType.TRAIN);
        try (var trainer = ExecutionMode.SINGLE_THREADED.trainer(federation.clients(), TrainerOptions.defaults())) {
            assertThat(trainer.evaluate(sent(bad, good), List.of(2), personal))
                    .isEqualTo(trainer.evaluate(sent(good), List.of(2), received))
                    .isNotEqualTo(trainer.evaluate(sent(bad), List.of(2), received));
        }
    }

    private static ModelBroadcast sent(float[]... models) {
        List<Tensor> sent = Arrays.stream(models).map(Tensor::create).toList();
        return new ModelBroadcast(sent.get(0), sent.subList(1, sent.size()), Map.of());
    }

    private static ModelUpdate train(Federation federation, float[]... models) {
        try (var trainer = ExecutionMode.SINGLE_THREADED.trainer(federation.clients(), TrainerOptions.defaults())) {
            trainer.localProcess(sent(models), List.of(2));
            return trainer.uplinkPackage().get(0);
        }
    }

    // ---- the server

    @Test
    void shouldStartFromAnotherOrderOfEachParameter() {
        try (var handler = ifca(1).handler()) {
            float[] first = floats(handler.downlinkPackage().parameters());
            float[] second = floats(handler.downlinkPackage().vectors().get(0));
            int[] bounds = {0, 18, 20, 22, 24, 26, 28, 29, 53, 56};
            for (int i = 1; i < bounds.length; i++) {
                assertThat(Arrays.copyOfRange(second, bounds[i - 1], bounds[i]))
                        .containsExactlyInAnyOrder(Arrays.copyOfRange(first, bounds[i - 1], bounds[i]));
            }
            assertThat(Arrays.copyOfRange(second, 0, 18)).isNotEqualTo(Arrays.copyOfRange(first, 0, 18));
            assertThat(Arrays.copyOfRange(second, 29, 53)).isNotEqualTo(Arrays.copyOfRange(first, 29, 53));
        }
    }

    @Test
    void shouldStartFromOtherModelsWithOtherSeedsOnly() {
        assertThat(second(1)).isEqualTo(second(1)).isNotEqualTo(second(2));
    }

    private float[] second(long seed) {
        Federation federation = Federation.of(
                        new Tiny.Selector(1),
                        Tiny.LINEAR,
                        data.partitions(),
                        ServerOptions.of(1, CLIENTS).withSeed(seed))
                .with(Algorithms.ifca(2, Weighting.UNIFORM));
        try (var handler = federation.handler()) {
            return floats(handler.downlinkPackage().vectors().get(0));
        }
    }

    @Test
    void shouldAverageEachClusterAloneAndLeaveEmptyOnes() {
        Federation federation = Federation.of(
                        new Tiny.Selector(1), Tiny.LINEAR, data.partitions(), ServerOptions.of(9, 3))
                .with(Algorithms.ifca(3, Weighting.BY_SAMPLES));
        try (var handler = federation.handler()) {
            List<float[]> before = models(handler);
            round(handler, update(0, 1, 1, 2), update(1, 2, 3, 2), update(2, 9, 1, 0));
            List<float[]> after = models(handler);
            assertThat(after.get(0)).containsOnly(9f);
            assertThat(after.get(1)).isEqualTo(before.get(1));
            assertThat(after.get(2)).containsOnly(1.75f);
            String hash = handler.sha256();
            round(handler, update(0, 4, 1, 1), update(1, 4, 1, 1), update(2, 4, 1, 1));
            assertThat(models(handler).get(0)).isEqualTo(after.get(0));
            assertThat(models(handler).get(1)).containsOnly(4f);
            assertThat(models(handler).get(2)).isEqualTo(after.get(2));
            assertThat(handler.sha256()).isNotEqualTo(hash);
        }
    }

    // ---- evaluation

    @Test
    void shouldEvaluateEachModelAsOftenAsClientsChoseIt() {
        Federation federation = Federation.of(
                        new Tiny.Selector(1), Tiny.LINEAR, data.partitions(), ServerOptions.of(9, 3))
                .with(Algorithms.ifca(3, Weighting.BY_SAMPLES));
        try (var handler = federation.handler()) {
            double same = (alone(models(handler).get(0)).loss()
                            + alone(models(handler).get(1)).loss()
                            + alone(models(handler).get(2)).loss())
                    / 3;
            assertThat(handler.evaluate().loss()).as("no client has chosen").isCloseTo(same, within(1e-12));
            round(handler, update(0, 0.1f, 1, 2), update(1, 0.2f, 3, 2), update(2, 9, 1, 0));
            List<float[]> now = models(handler);
            Evaluation first = alone(now.get(0));
            Evaluation third = alone(now.get(2));
            Evaluation found = handler.evaluate();
            assertThat(found.loss()).isCloseTo((first.loss() + 2 * third.loss()) / 3, within(1e-12));
            assertThat(found.accuracy()).isCloseTo((first.accuracy() + 2 * third.accuracy()) / 3, within(1e-12));
            assertThat(found.samples()).isEqualTo(90);
            assertThat(handler.getSummary()).containsEntry("loss", found.loss());
            MemoryCheckpoint saved = new MemoryCheckpoint();
            handler.save(saved);
            try (var resumed = federation.handler()) {
                resumed.restore(saved);
                assertThat(resumed.evaluate()).isEqualTo(found);
            }
        }
    }

    /** Evaluates one model of federated averaging. */
    private Evaluation alone(float[] model) {
        try (var handler = Federation.of(new Tiny.Selector(1), Tiny.LINEAR, data.partitions(), ServerOptions.of(9, 1))
                .handler()) {
            handler.sampleClients();
            handler.load(new ModelUpdate(0, Tensor.create(model), false, 1, List.of(), Map.of(), Map.of()));
            return handler.evaluate();
        }
    }

    @Slow
    @Test
    void shouldEvaluateTheSameInWorkers() {
        Federation federation = ifca(2);
        try (var handler = federation.handler();
                var trainer = ExecutionMode.MULTI_PROCESS.trainer(federation.clients(), TrainerOptions.defaults())) {
            new Simulation<>(handler, trainer).run();
            assertThat(handler.evaluate(trainer.workers())).isEqualTo(handler.evaluate());
        }
    }

    private static List<float[]> models(FederationServer<ModelBroadcast, ModelUpdate> handler) {
        ModelBroadcast sent = handler.downlinkPackage();
        List<float[]> models = new ArrayList<>(List.of(floats(sent.parameters())));
        sent.vectors().forEach(model -> models.add(floats(model)));
        return models;
    }

    private static void round(FederationServer<ModelBroadcast, ModelUpdate> handler, ModelUpdate... updates) {
        handler.sampleClients();
        for (ModelUpdate update : updates) {
            handler.load(update);
        }
    }

    private static ModelUpdate update(int cid, float value, int samples, double cluster) {
        Tensor model = torch.full(new long[] {51}, new Scalar(value));
        return new ModelUpdate(cid, model, false, samples, List.of(), Map.of("cluster", cluster), Map.of());
    }

    @Test
    void shouldRefuseClustersThatThereAreNot() {
        Federation federation = Federation.of(
                        new Tiny.Selector(1), Tiny.LINEAR, data.partitions(), ServerOptions.of(1, 3))
                .with(Algorithms.ifca(2, Weighting.BY_SAMPLES));
        try (var handler = federation.handler()) {
            handler.sampleClients();
            for (double cluster : new double[] {-1, 0.5, 2, Double.NaN}) {
                assertThatThrownBy(() -> handler.load(update(1, 1, 1, cluster)))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("no such cluster: client=1, cluster=" + cluster
                                + ", limit=0 to 1; send the index of the model that was trained");
            }
        }
    }

    @Test
    void shouldRefuseToMoveOneOfSeveralModels() {
        assertThatThrownBy(() ->
                        ifca(1).serverOptimizer(new ServerMomentum(2, 0, false)).handler())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("one update for several models: models=2,"
                        + " server_optimizer=ServerMomentum[rate=2.0, momentum=0.0, nesterov=false], transforms=0, expected=none; each"
                        + " model is the mean of its own clients");
        assertThatThrownBy(() -> ifca(1).aggregate((change, step) -> {}).handler())
                .hasMessageContaining("transforms=1, expected=none");
        assertThatThrownBy(() -> Algorithms.ifca(0, Weighting.UNIFORM))
                .hasMessage("too few clusters: clusters=0, limit=1 or more");
    }

    @Test
    void shouldContinueFromACheckpointWithAllModels(@TempDir Path folder) {
        List<String> parts = new ArrayList<>(resumed(ifca(2), folder));
        parts.addAll(resumed(ifca(4), folder));
        assertThat(parts).isEqualTo(hashes(ifca(4))).doesNotHaveDuplicates();
        assertThatThrownBy(() -> resumed(
                        fedAvg(Tiny.CONVOLUTION, data, 5).with(Algorithms.ifca(3, Weighting.BY_SAMPLES)), folder))
                .rootCause()
                .hasMessage("other clusters: clusters=3, expected=2; resume with as many as were saved");
    }
}
