package org.blazefl4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.core.PackageSum;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.federation.MeanAggregator;
import org.blazefl4j.federation.ModelBroadcast;
import org.blazefl4j.federation.ModelUpdate;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.spark.SparkOptions.Results;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.FailurePolicy;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rounds whose models are so large that both ends use their memory again give the bits of one machine. */
@ExtendWith(OnCluster.class)
final class LargeRoundsTest {

    private static final int NUMEL = 400_003;

    /** More tasks than run at once. */
    private static final int CLIENTS = 12;

    private static final TrainerOptions OPTIONS = TrainerOptions.builder()
            .onClientFailure(FailurePolicy.retry(1))
            .onNonFinite(NonFinitePolicy.WARN)
            .build();

    @TempDir
    private Path folder;

    /** Clients that multiply what they receive; the first attempt of one fails in each round. */
    record Multiples(String folder, boolean fails)
            implements ClientAlgorithm<Multiples.Config, ModelBroadcast, ModelUpdate> {

        record Config(int cid, String attempts, boolean fails) {}

        @Override
        public Config getClientConfig(int cid) {
            return new Config(cid, folder, fails && cid == 5);
        }

        @Override
        public ClientWorker<Config, ModelBroadcast, ModelUpdate> worker() {
            return Multiples::train;
        }

        @Override
        public ModelUpdate prepareUplinkPackageBuffer() {
            return update(0, torch.empty(NUMEL));
        }

        private static ModelUpdate update(int cid, Tensor parameters) {
            return new ModelUpdate(cid, parameters, false, 1, List.of(), Map.of(), Map.of());
        }

        static ModelUpdate train(Config config, ModelBroadcast payload, WorkerContext context) throws Exception {
            Path attempts = Path.of(config.attempts, config.cid + " in round " + context.round());
            Tensor parameters = context.<ModelUpdate>uplinkBuffer().parameters();
            parameters.copy_(payload.parameters()).mul_(new Scalar(1 + config.cid / 7f));
            if (config.fails && !Files.exists(attempts)) {
                Files.writeString(attempts, "+", StandardOpenOption.CREATE);
                throw new IllegalStateException("planned " + config.cid);
            }
            return update(config.cid, parameters);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldGiveTheBitsOfOneMachineInEachRound(Results results) {
        List<float[]> expected;
        try (var trainer = ExecutionMode.SINGLE_THREADED.trainer(new Multiples(folder.toString(), false), OPTIONS)) {
            expected = means(trainer);
        }
        SparkOptions pairs = SparkOptions.defaults().withResults(results).withClientsPerTask(2);
        try (var trainer =
                new SparkClientTrainer<>(OnCluster.spark(), new Multiples(folder.toString(), true), OPTIONS, pairs)) {
            assertThat(trainer.addsUp()).isEqualTo(results == Results.SUMS);
            List<float[]> found = means(trainer);
            assertThat(found).hasSameSizeAs(expected);
            for (int round = 0; round < found.size(); round++) {
                assertThat(found.get(round)).as("round " + round).isEqualTo(expected.get(round));
            }
        }
    }

    /** Rounds of numbers, of numbers that are none, of some that differ in magnitude, and of numbers again. */
    private static List<float[]> means(ClientTrainer<ModelBroadcast, ModelUpdate> trainer) {
        List<float[]> means = new ArrayList<>();
        for (float odd : new float[] {1, Float.NaN, 1e37f, Float.NEGATIVE_INFINITY, 0.3f}) {
            try (Tensor model = torch.arange(new Scalar((float) NUMEL))) {
                model.div_(new Scalar(3f + means.size()));
                model.narrow(0, 700 * (1 + means.size()), 3).fill_(new Scalar(odd));
                means.add(mean(trainer, model));
            }
        }
        return means;
    }

    @SuppressWarnings("unchecked") // a sum of any packages is one of these
    private static float[] mean(ClientTrainer<ModelBroadcast, ModelUpdate> trainer, Tensor model) {
        ModelBroadcast payload = new ModelBroadcast(model, List.of(), Map.of());
        List<Integer> cids = Probe.clients(CLIENTS);
        try (MeanAggregator mean = new MeanAggregator(ServerOptions.of(1, 1), NUMEL, Weighting.UNIFORM);
                Tensor out = torch.empty(NUMEL)) {
            if (trainer.addsUp()) {
                PackageSum<?> sum = MeanAggregator.packageSum(NUMEL, Weighting.UNIFORM, 0);
                trainer.localProcessInSums(
                        payload, cids, (PackageSum<ModelUpdate>) sum, (updates, total) -> mean.addSum(total));
            } else {
                trainer.localProcess(payload, cids, update -> {
                    mean.add(update);
                    mean.fold();
                    update.close();
                });
            }
            mean.model(payload.parameters(), out);
            return Probe.floats(out);
        }
    }
}
