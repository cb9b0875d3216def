package org.blazefl4j.federation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.blazefl4j.federation.FederationRuns.CLIENTS;
import static org.blazefl4j.federation.FederationRuns.assertOneUnitApart;
import static org.blazefl4j.federation.FederationRuns.fedAvg;
import static org.blazefl4j.federation.FederationRuns.hashes;
import static org.blazefl4j.federation.FederationRuns.initial;
import static org.blazefl4j.federation.FederationRuns.model;
import static org.blazefl4j.federation.FederationRuns.resumed;
import static org.blazefl4j.torch.Elements.floats;

import java.nio.file.Path;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.Schedule;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.contrib.fedavg.FedAvgClients;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.federation.algorithm.Algorithms;
import org.blazefl4j.federation.algorithm.ServerOptimizers;
import org.blazefl4j.torch.StepRule;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Parts at their neutral setting give federated averaging; parts that keep something keep it. */
final class FederationTest {

    private static final int ROUNDS = 3;

    private final TinyData data = TinyData.evenly(60, CLIENTS);
    private final Federation fedAvg = fedAvg(Tiny.CONVOLUTION, data, ROUNDS);

    @AfterEach
    void close() {
        data.close();
    }

    @Test
    void shouldBeFederatedAveragingAtFirst() {
        var models = new Tiny.Selector(1);
        var clients = new FedAvgClients(models, Tiny.CONVOLUTION, data.partitions(), CLIENTS, fedAvg.local());
        try (var handler = new FedAvgServerHandler(models, Tiny.CONVOLUTION, data.partitions(), fedAvg.server());
                var trainer = ExecutionMode.SINGLE_THREADED.trainer(clients, TrainerOptions.defaults())) {
            new Simulation<>(handler, trainer).run();
            assertThat(floats(handler.downlinkPackage().parameters())).containsExactly(model(fedAvg));
        }
    }

    @Test
    void shouldReturnCopiesWithOneOtherPart() {
        Federation other = fedAvg.weighting(Weighting.UNIFORM).local(new SgdOptions(1, 2, 3));
        assertThat(fedAvg.local()).isEqualTo(LocalOptions.of(new SgdOptions(2, 4, 0.05)));
        assertThat(other.local()).isEqualTo(LocalOptions.of(new SgdOptions(1, 2, 3)));
    }

    // ---- the order of packages

    private static boolean acceptsAnyOrder(Federation federation) {
        try (var handler = federation.handler()) {
            return handler.acceptsAnyOrder();
        }
    }

    @Test
    void shouldAcceptAnyOrderIfAllSumsAreExact() {
        assertThat(acceptsAnyOrder(fedAvg)).isTrue();
        assertThat(acceptsAnyOrder(fedAvg.with(Algorithms.fedProx(0.1)))).isTrue();
        assertThat(acceptsAnyOrder(fedAvg.with(Algorithms.scaffold(1, Weighting.BY_SAMPLES))))
                .isTrue();
        assertThat(acceptsAnyOrder(fedAvg.with(Algorithms.qFedAvg(1)))).isTrue();
        assertThat(acceptsAnyOrder(fedAvg.with(Algorithms.fedNova(Weighting.UNIFORM))))
                .isTrue();
        Aggregation own = (options, numel, dataset) -> new MeanAggregator(options, numel, Weighting.UNIFORM);
        assertThat(acceptsAnyOrder(fedAvg.aggregation(own))).isFalse();
    }

    // ---- where tensors lie

    private static boolean onDevices(Federation federation) {
        return federation.clients().acceptsDeviceTensors();
    }

    @Test
    void shouldUseDeviceTensorsIfNoPartNeedsThemOnTheCpu() {
        assertThat(onDevices(fedAvg)).isTrue();
        assertThat(onDevices(fedAvg.with(Algorithms.fedProx(0.1)))).isTrue();
        assertThat(onDevices(fedAvg.with(Algorithms.fedNova(Weighting.UNIFORM))))
                .isTrue();
        assertThat(onDevices(fedAvg.serverOptimizer(new Unchanged()))).isTrue();
        assertThat(onDevices(fedAvg.uplink(new Unchanged()))).isFalse();
        assertThat(onDevices(fedAvg.personal(ParameterMask.lastLayers(1)))).isFalse();
        assertThat(onDevices(fedAvg.with(Algorithms.scaffold(1, Weighting.BY_SAMPLES))))
                .isFalse();
        assertThat(onDevices(fedAvg.with(Algorithms.qFedAvg(1)))).isFalse();
        assertThat(onDevices(fedAvg.with(Algorithms.ifca(2, Weighting.UNIFORM))))
                .isFalse();
        Aggregation own = (options, numel, dataset) -> new MeanAggregator(options, numel, Weighting.UNIFORM);
        assertThat(onDevices(fedAvg.aggregation(own))).isFalse();
        assertThat(onDevices(fedAvg.objective(run -> run.training().run()))).isFalse();
    }

    // ---- neutral parts that are there all the same: one unit in the last place

    private void assertNearFedAvg(Federation federation) {
        assertOneUnitApart(model(federation), model(fedAvg(Tiny.CONVOLUTION, data, 1)), initial(federation));
    }

    record Unchanged() implements ServerOptimizer, AggregateTransform, UpdateTransform {

        @Override
        public void step(Tensor change, ServerStep step) {}

        @Override
        public void apply(Tensor change, ServerStep step) {}

        @Override
        public void apply(Tensor change, LocalRun run) {}
    }

    @Test
    void shouldStayNearFederatedAveragingWithAServerOptimizerThatChangesNothing() {
        assertNearFedAvg(fedAvg(Tiny.CONVOLUTION, data, 1).serverOptimizer(new Unchanged()));
        assertNearFedAvg(fedAvg(Tiny.CONVOLUTION, data, 1).aggregate(new Unchanged()));
    }

    @Test
    void shouldStayNearFederatedAveragingWithAnUpdateTransformThatChangesNothing() {
        assertNearFedAvg(fedAvg(Tiny.CONVOLUTION, data, 1).uplink(new Unchanged()));
    }

    record AddZeros() implements LocalObjective {

        @Override
        public void train(LocalRun run) {
            run.training().term(AffineTerm.constant(run.newVector().zero_())).run();
        }
    }

    @Test
    void shouldEqualFederatedAveragingWithATermOfZeros() {
        assertThat(hashes(fedAvg.objective(new AddZeros()))).isEqualTo(hashes(fedAvg));
    }

    // ---- updates

    /** Writes at buffers too, which must not matter. */
    record Overwrite(float value) implements UpdateTransform, AggregateTransform {

        @Override
        public void apply(Tensor change, LocalRun run) {
            change.fill_(new Scalar(value));
        }

        @Override
        public void apply(Tensor change, ServerStep step) {
            change.fill_(new Scalar(value));
        }
    }

    @Test
    void shouldMoveParametersByTransformedUpdatesAndBuffersByTheMean() {
        Federation once = fedAvg(Tiny.CONVOLUTION, data, 1);
        float[] before = initial(once);
        float[] plain = model(once);
        for (Federation federation : List.of(once.uplink(new Overwrite(0.25f)), once.aggregate(new Overwrite(0.25f)))) {
            float[] after = model(federation);
            for (int i = 0; i < after.length; i++) {
                float expected = isBuffer(i) ? plain[i] : before[i] + 0.25f;
                assertThat(after[i]).as("element %d", i).isCloseTo(expected, within(Math.ulp(1f)));
            }
        }
    }

    /** conv.weight [2,1,3,3], conv.bias [2], norm.weight [2], norm.bias [2], then norm's statistics and counter. */
    private static boolean isBuffer(int element) {
        return element >= 24 && element < 29;
    }

    @Test
    void shouldRefuseModelsAmongChanges() {
        try (var aggregator = Aggregation.mean(Weighting.BY_SAMPLES).open(fedAvg.server(), 2, data.partitions())) {
            Tensor vector = Tensor.create(1f, 2f);
            aggregator.add(update(0, vector, true));
            assertThatThrownBy(() -> aggregator.add(update(1, vector, false)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("package of another kind: client=1, is_change=false, expected=true, as others in the"
                            + " round");
        }
    }

    private static ModelUpdate update(int cid, Tensor vector, boolean change) {
        return new ModelUpdate(cid, vector, change, 1, List.of(), Map.of(), Map.of());
    }

    // ---- personal parameters

    @Test
    void shouldKeepPersonalParametersFromTheServer() {
        Federation personal = fedAvg.personal(ParameterMask.named("fc.*"));
        float[] before = initial(personal);
        for (Federation federation : List.of(personal, personal.uplink(new Overwrite(0.25f)))) {
            float[] after = model(federation);
            assertThat(Arrays.copyOfRange(after, 29, after.length))
                    .containsExactly(Arrays.copyOfRange(before, 29, before.length));
            assertThat(after[0]).isNotEqualTo(before[0]);
        }
        assertThat(hashes(personal)).isNotEqualTo(hashes(fedAvg));
    }

    @Test
    void shouldNeverChangeTheServersModelIfAllIsPersonal() {
        Federation alone = fedAvg.personal(ParameterMask.named("*"));
        assertThat(model(alone)).containsExactly(initial(alone));
    }

    @Test
    void shouldGiveClientsTheirOwnPartsBack() {
        List<Float> starts = new ArrayList<>();
        STARTS.set(starts);
        model(fedAvg.personal(ParameterMask.named("fc.*")).objective(new Watched()));
        STARTS.remove();
        assertThat(starts).hasSize(ROUNDS * 4);
        assertThat(starts.subList(0, 4)).containsOnly(starts.get(0));
        assertThat(starts.subList(8, 12)).doesNotContain(starts.get(0));
    }

    private static final ThreadLocal<List<Float>> STARTS = new ThreadLocal<>();

    record Watched() implements LocalObjective {

        @Override
        public void train(LocalRun run) {
            STARTS.get().add(floats(run.start())[29]);
            run.training().run();
        }
    }

    @Test
    void shouldRefuseNamesThatTheModelLacks() {
        assertThatThrownBy(() -> fedAvg.personal(ParameterMask.named("head.*")).handler())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("no such parameters: pattern=head.*, expected=one of [conv.weight,");
    }

    // ---- frozen parameters

    record TrainHeadOnly() implements LocalObjective {

        @Override
        public void train(LocalRun run) {
            run.training()
                    .freeze(ParameterMask.named("conv.*", "norm.weight", "norm.bias"))
                    .run();
        }
    }

    @Test
    void shouldFreezeParametersEvenAgainstDecay() {
        Federation frozen = fedAvg.objective(new TrainHeadOnly())
                .local(fedAvg.local().withRule(StepRule.sgd().withMomentum(0.9).withWeightDecay(0.1)));
        float[] before = initial(frozen);
        float[] after = model(frozen);
        for (int i = 0; i < 24; i++) {
            assertThat(after[i]).isEqualTo(before[i]);
        }
        assertThat(after[29]).isNotEqualTo(before[29]);
    }

    // ---- cohorts

    record Every(int period) implements ClientSampler {

        @Override
        public List<Integer> sample(Draw draw) {
            return draw.round() % period == 1 ? List.of(1, 4) : List.of();
        }
    }

    @Test
    void shouldTrainTheClientsThatASamplerChooses() {
        List<String> hashes = hashes(fedAvg(Tiny.CONVOLUTION, data, 4).sampler(new Every(2)));
        assertThat(hashes.get(1)).isNotEqualTo(hashes.get(0)).isEqualTo(hashes.get(2));
        assertThat(hashes.get(3)).isNotEqualTo(hashes.get(1));
    }

    @Test
    void shouldTransformTheUpdateOfARoundWithoutClientsToo() {
        Federation noisy = fedAvg(Tiny.CONVOLUTION, data, 1)
                .sampler(draw -> List.of())
                .aggregate((change, step) -> change.fill_(new Scalar(0.5f)));
        assertThat(model(noisy)[0]).isEqualTo(initial(noisy)[0] + 0.5f);
    }

    // ---- what is kept

    record Momentum() implements ServerOptimizer {

        @Override
        public List<Double> initial() {
            return List.of(0.0);
        }

        @Override
        public void step(Tensor change, ServerStep step) {
            Tensor velocity = step.kept().get(0);
            velocity.mul_(new Scalar(0.9)).add_(change);
            change.copy_(velocity);
        }
    }

    @Test
    void shouldContinueFromACheckpointWithAllThatPartsKeep(@TempDir Path folder) {
        List<String> whole = hashes(everything(4));
        List<String> parts = new ArrayList<>(resumed(everything(2), folder));
        parts.addAll(resumed(everything(4), folder));
        assertThat(parts).isEqualTo(whole).doesNotHaveDuplicates();
    }

    private Federation everything(int rounds) {
        return fedAvg(Tiny.CONVOLUTION, data, rounds)
                .local(LocalOptions.of(new SgdOptions(2, 4, 0.05))
                        .withRule(StepRule.adamW())
                        .withKeepState(true))
                .personal(ParameterMask.named("fc.*"))
                .serverOptimizer(new Momentum());
    }

    @Test
    void shouldRefuseACheckpointOfAnAlgorithmWithOtherModels(@TempDir Path folder) {
        resumed(fedAvg(Tiny.LINEAR, data, 1).with(Algorithms.ifca(2, Weighting.UNIFORM)), folder);
        assertThatThrownBy(() -> resumed(fedAvg(Tiny.LINEAR, data, 2), folder))
                .hasMessageContaining("state of another algorithm: parts=MeanAggregator, expected=ClusterMeans;");
    }

    // ---- what fails early

    /** Cannot make its second vector. */
    record Unstartable() implements ServerOptimizer {

        @Override
        public List<Double> initial() {
            return new AbstractList<>() {
                @Override
                public Double get(int index) {
                    if (index == 1) {
                        throw new IllegalStateException("planned");
                    }
                    return 0.0;
                }

                @Override
                public int size() {
                    return 2;
                }
            };
        }

        @Override
        public void step(Tensor change, ServerStep step) {}
    }

    @Test
    void shouldFreeWhatItHasMadeIfAPartCannotStart() {
        Federation federation = fedAvg.serverOptimizer(new Unstartable());
        long before = 0;
        for (int i = 0; i < 2; i++) { // the first one loads classes
            before = Pointer.totalCount();
            try (PointerScope temporary = new PointerScope()) {
                assertThatThrownBy(federation::handler).hasMessage("planned");
            }
        }
        assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
    }

    // ---- what fails late

    /** Learns nothing, and fails. */
    record Failing() implements ClientSampler {

        @Override
        public List<Integer> sample(Draw draw) {
            return List.of(0);
        }

        @Override
        public void completed(Outcome outcome) {
            throw new IllegalStateException("planned");
        }
    }

    @Test
    void shouldCountARoundWhoseModelHasMovedEvenIfItFails() {
        try (SteppedRun run = new SteppedRun(fedAvg.sampler(new Failing()))) {
            double[] before = run.model();
            assertThatThrownBy(run::round).hasMessage("planned");
            assertThat(run.model()).isNotEqualTo(before);
            assertThat(run.handler().round()).isEqualTo(1);
            assertThat(run.handler().sampleClients()).containsExactly(0);
        }
    }

    // ---- several trainings

    record Twice(boolean same) implements LocalObjective {

        @Override
        public void train(LocalRun run) {
            run.training().run();
            LocalTraining again = run.training().from(run.result());
            again.run();
            (same ? again : run.training().from(run.result())).run();
        }
    }

    @Test
    void shouldContinueWhereATrainingThatIsRunAgainEnded() {
        assertThat(hashes(fedAvg.objective(new Twice(true)))).isEqualTo(hashes(fedAvg.objective(new Twice(false))));
    }

    // ---- parts that need each other

    private static void assertRefused(Federation mixed, String text) {
        assertThatThrownBy(mixed::handler)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(text);
        assertThatThrownBy(mixed::clients).hasMessageContaining(text);
    }

    @Test
    void shouldRefuseAnObjectiveThatTakesThePlaceOfAnAlgorithms() {
        assertThatThrownBy(() -> fedAvg.with(Algorithms.fedDyn(0.5))
                        .with(Algorithms.fedProx(1))
                        .handler())
                .hasMessage("part of FedDyn replaced: objective=Proximal[mu=1.0],"
                        + " aggregation=Mean[weighting=uniform], server_optimizer=DynamicServer[alpha=0.5],"
                        + " expected=all that FedDyn sets; leave out the other algorithm or part");
        assertRefused(fedAvg.with(Algorithms.qFedAvg(1)).objective(new AddZeros()), "part of q-FedAvg replaced");
        assertRefused(
                fedAvg.with(Algorithms.scaffold(1, Weighting.UNIFORM)).with(Algorithms.fedProx(1)),
                "part of SCAFFOLD replaced");
        Federation scheduled = fedAvg.serverOptimizer(
                ServerOptimizers.scheduled(fedAvg.with(Algorithms.fedDyn(1)).optimizer(), Schedule.exponential(0.5)));
        assertRefused(scheduled, "part of FedDyn replaced");
    }

    @Test
    void shouldRefuseServersPartsThatTakeThePlaceOfAnAlgorithms() {
        Federation fedDyn = fedAvg.with(Algorithms.fedDyn(0.5));
        assertRefused(fedDyn.serverOptimizer(ServerOptimizer.REPLACE), "part of FedDyn replaced");
        assertRefused(
                fedDyn.serverOptimizer(fedAvg.with(Algorithms.fedDyn(0.1)).optimizer()), "part of FedDyn replaced");
        assertRefused(
                fedAvg.with(Algorithms.qFedAvg(1)).with(Algorithms.fedNova(Weighting.UNIFORM)),
                "part of q-FedAvg replaced");
        assertRefused(
                fedAvg.with(Algorithms.scaffold(1, Weighting.UNIFORM)).weighting(Weighting.UNIFORM),
                "part of SCAFFOLD replaced");
    }

    @Test
    void shouldComposeAlgorithmsWhosePartsAreDifferentOnes() {
        Federation together = fedAvg.with(Algorithms.fedNova(Weighting.BY_SAMPLES))
                .with(Algorithms.fedProx(0.1))
                .serverOptimizer(ServerOptimizers.sgd(1, 0.5));
        assertThat(hashes(together)).doesNotHaveDuplicates().hasSize(ROUNDS);
    }
}
