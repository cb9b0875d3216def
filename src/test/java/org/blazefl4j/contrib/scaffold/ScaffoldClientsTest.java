package org.blazefl4j.contrib.scaffold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.blazefl4j.contrib.scaffold.SoftmaxRegression.doubles;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.Schedule;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.contrib.fedavg.FedAvgClients;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.model.Model;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.StepRule;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.trainer.SerialClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.util.Slow;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ScaffoldClientsTest {

    private static final Tiny.Selector SELECTOR = new Tiny.Selector(1);
    private static final int SAMPLES = 300;
    private static final int NUMEL = SoftmaxRegression.NUMEL;
    private static final int STEPS = 3;
    private static final double LR = 0.5;
    /** One batch with all samples, so their order does not matter. */
    private static final SgdOptions WHOLE = new SgdOptions(STEPS, SAMPLES, LR);

    private TinyData data;

    @BeforeEach
    void open() {
        data = TinyData.of(SAMPLES, List.of(range(0, 10), range(10, 30)));
    }

    @AfterEach
    void close() {
        data.close();
    }

    private static long[] range(int from, int to) {
        return LongStream.range(from, to).toArray();
    }

    private SerialClientTrainer<ClientConfig, ScaffoldDownlinkPackage, ScaffoldUplinkPackage> trainer(
            Tiny model, SgdOptions options) {
        return trainer(model, LocalOptions.of(options));
    }

    private SerialClientTrainer<ClientConfig, ScaffoldDownlinkPackage, ScaffoldUplinkPackage> trainer(
            Tiny model, LocalOptions options) {
        return new SerialClientTrainer<>(
                new ScaffoldClients(SELECTOR, model, data.partitions(), 2, options), TrainerOptions.defaults());
    }

    private static double[] random(long seed, double scale) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] values = new double[NUMEL];
        Arrays.setAll(values, i -> (float) (scale * (random.nextDouble() - 0.5)));
        return values;
    }

    private static Tensor tensor(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return Tensors.of(floats);
    }

    // ---- calculated by hand

    /** Each round starts from another model and server variate, to show what a client kept. */
    @Test
    void shouldCorrectStepsAndControlVariateAsInThePaper() {
        SoftmaxRegression model = SoftmaxRegression.of(data.whole());
        double[] own = new double[NUMEL];
        try (var trainer = trainer(Tiny.LINEAR, WHOLE)) {
            for (int round = 0; round < 3; round++) {
                double[] x = random(round, 1);
                double[] c = random(10 + round, 0.2);
                double[] y = x.clone();
                for (int step = 0; step < STEPS; step++) {
                    double[] gradient = model.gradient(y, 10, 30);
                    double[] before = y.clone();
                    Arrays.setAll(y, i -> before[i] - LR * (gradient[i] - own[i] + c[i]));
                }
                double[] delta = new double[NUMEL];
                Arrays.setAll(delta, i -> -c[i] + (x[i] - y[i]) / (STEPS * LR));
                Arrays.setAll(own, i -> own[i] + delta[i]);

                trainer.localProcess(new ScaffoldDownlinkPackage(tensor(x), tensor(c)), List.of(0, 1));

                ScaffoldUplinkPackage uplink = trainer.uplinkPackage().get(1);
                assertThat(uplink.cid()).isEqualTo(1);
                assertThat(uplink.dataSize()).isEqualTo(20);
                assertThat(doubles(uplink.parameters())).containsExactly(y, within(1e-5));
                assertThat(doubles(uplink.controlDelta())).containsExactly(delta, within(1e-5));
            }
        }
    }

    @Test
    void shouldCountTheStepsTaken() {
        SgdOptions batches = new SgdOptions(2, 4, 0.1); // 5 batches of 20 samples, the last of them full
        try (var trainer = trainer(Tiny.LINEAR, batches);
                Tensor x = tensor(random(1, 1));
                Tensor c = torch.zeros(NUMEL)) {
            trainer.localProcess(new ScaffoldDownlinkPackage(x, c), List.of(0, 1));

            List<ScaffoldUplinkPackage> uplinks = trainer.uplinkPackage();
            assertThat(way(uplinks.get(0), x)).isCloseTo(6 * 0.1, within(1e-4)); // 10 samples: batches of 4, 4 and 2
            assertThat(way(uplinks.get(1), x)).isCloseTo(10 * 0.1, within(1e-4));
        }
    }

    @Test
    void shouldCountWhatMomentumAndTheScheduleMakeOfTheSteps() {
        LocalOptions options = LocalOptions.of(new SgdOptions(2, 4, 0.1))
                .withRule(StepRule.sgd().withMomentum(0.5))
                .withSchedule(Schedule.exponential(0.9).withStepsForRounds());
        try (var trainer = trainer(Tiny.LINEAR, options);
                Tensor x = tensor(random(1, 1));
                Tensor c = torch.zeros(NUMEL)) {
            trainer.localProcess(new ScaffoldDownlinkPackage(x, c), List.of(1));
            assertThat(way(trainer.uplinkPackage().get(0), x)).isCloseTo(options.distance(0, 10), within(1e-4));
        }
    }

    @Test
    void shouldKeepControlVariatesWhenTheRateIsZero() {
        LocalOptions options = LocalOptions.of(WHOLE).withSchedule(Schedule.cosine(1, 0));
        try (var trainer = trainer(Tiny.LINEAR, options);
                Tensor x = tensor(random(1, 1));
                Tensor c = torch.ones(NUMEL)) {
            trainer.startAtRound(3);
            trainer.localProcess(new ScaffoldDownlinkPackage(x, c), List.of(1));
            ScaffoldUplinkPackage uplink = trainer.uplinkPackage().get(0);
            assertThat(uplink.parameters().equal(x)).isTrue();
            assertThat(uplink.controlDelta().count_nonzero().item_long()).isZero();
        }
    }

    @Test
    void shouldRefuseAnOptimizerThatTellsNoMeanGradientOrKeepsItsState() {
        LocalOptions plain = LocalOptions.of(WHOLE);
        String remedy = ", expected=SGD that starts anew in each round; choose such an optimizer, or FedAvg";
        assertThatIllegalArgumentException()
                .isThrownBy(() -> trainer(Tiny.LINEAR, plain.withRule(StepRule.adam())))
                .withMessage(
                        "optimizer does not suit SCAFFOLD: rule=" + StepRule.adam() + ", keep_state=false" + remedy);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> trainer(Tiny.LINEAR, plain.withKeepState(true)))
                .withMessageEndingWith("keep_state=true" + remedy);
    }

    /** Returns {@code K * lr} of the first round, from {@code delta c_i = (x - y) / (K * lr)}. */
    private static double way(ScaffoldUplinkPackage uplink, Tensor x) {
        return x.sub(uplink.parameters()).norm().item_double()
                / uplink.controlDelta().norm().item_double();
    }

    @Test
    void shouldHaveNoControlVariateAtBuffers() {
        try (var trainer = trainer(Tiny.CONVOLUTION, new SgdOptions(2, 4, 0.1));
                Model model = SELECTOR.selectModel(Tiny.CONVOLUTION);
                FlatParameters state = FlatParameters.of(model);
                Tensor x = state.flatten();
                Tensor c = torch.ones(x.numel())) {
            state.zeroFixed(c);
            trainer.localProcess(new ScaffoldDownlinkPackage(x, c), List.of(0));

            ScaffoldUplinkPackage uplink = trainer.uplinkPackage().get(0);
            Tensor atBuffers = uplink.controlDelta()
                    .index_select(0, c.eq(new Scalar(0)).nonzero().flatten());
            assertThat(atBuffers.numel()).isEqualTo(2 + 2 + 1); // running mean and variance of 2 channels, a counter
            assertThat(atBuffers.count_nonzero().item_long()).isZero();
            assertThat(uplink.controlDelta().count_nonzero().item_long()).isPositive();
            assertThat(uplink.parameters().equal(x)).isFalse();
        }
    }

    // ---- convergence

    /** Each client has a single class, so FedAvg's clients drift apart and their mean misses the optimum. */
    @Slow
    @Test
    void shouldEndNearerToTheOptimumThanFederatedAveragingIfClientsDiffer() {
        SgdOptions training = new SgdOptions(10, SAMPLES, 0.2);
        ServerOptions options = ServerOptions.of(100, Tiny.CLASSES);
        TensorDataset whole = mislabelled();
        try (var skewed = new InMemoryPartitionedDataset<PartitionType>()) {
            SoftmaxRegression model = SoftmaxRegression.of(whole);
            skewed.setDataset(PartitionType.TEST, whole);
            skewed.setClients(PartitionType.TRAIN, whole, model.byClass());
            double fedAvg = lossAfter(
                    new FedAvgServerHandler(SELECTOR, Tiny.LINEAR, skewed, options),
                    new SerialClientTrainer<>(
                            new FedAvgClients(SELECTOR, Tiny.LINEAR, skewed, Tiny.CLASSES, training),
                            TrainerOptions.defaults()));
            double scaffold = lossAfter(
                    new ScaffoldServerHandler(SELECTOR, Tiny.LINEAR, skewed, ScaffoldServerHandler.Options.of(options)),
                    new SerialClientTrainer<>(
                            new ScaffoldClients(SELECTOR, Tiny.LINEAR, skewed, Tiny.CLASSES, training),
                            TrainerOptions.defaults()));

            double optimum = model.optimalLoss(4_000, 0.5);
            assertThat(scaffold - optimum).isLessThan((fedAvg - optimum) / 10);
        }
    }

    /** Labels hardly depend on the images, so the loss has a finite optimum. */
    private TensorDataset mislabelled() {
        SplittableRandom random = new SplittableRandom(3);
        long[] labels = random.longs(SAMPLES, 0, Tiny.CLASSES).toArray();
        return new TensorDataset(data.whole().data().clone(), Tensors.of(labels));
    }

    private static <D, U, H extends ServerHandler<D, U> & AutoCloseable> double lossAfter(
            H handler, ClientTrainer<D, U> trainer) {
        try (trainer) {
            new Simulation<>(handler, trainer).run();
            return (double) handler.getSummary().get("loss");
        }
    }

    // ---- failures

    @Test
    void shouldKeepItsControlVariateWhenTheRoundIsStopped() {
        try (var trainer = trainer(Tiny.LINEAR, WHOLE);
                var untouched = trainer(Tiny.LINEAR, WHOLE);
                Tensor x = tensor(random(1, 1));
                Tensor c = tensor(random(2, 1))) {
            ScaffoldDownlinkPackage payload = new ScaffoldDownlinkPackage(x, c);
            assertThatExceptionOfType(StoppedException.class)
                    .isThrownBy(() -> trainer.localProcess(
                            payload,
                            List.of(0, 1),
                            uplink -> trainer.stopEvent().set()));

            trainer.startAtRound(0);
            trainer.localProcess(payload, List.of(0));
            untouched.localProcess(payload, List.of(0));

            ScaffoldUplinkPackage repeated = trainer.uplinkPackage().get(0);
            ScaffoldUplinkPackage expected = untouched.uplinkPackage().get(0);
            assertThat(repeated.parameters().equal(expected.parameters())).isTrue();
            assertThat(repeated.controlDelta().equal(expected.controlDelta())).isTrue();
        }
    }

    @Test
    void shouldFailAClientIfItsPayloadDoesNotFit() {
        try (Tensor vector = torch.zeros(NUMEL);
                Tensor other = torch.zeros(1)) {
            fails(
                    new ScaffoldDownlinkPackage(vector, other),
                    "control variate of the wrong shape: shape=[1], expected=[51]; send one as long as the global model's"
                            + " state");
            fails(
                    new ScaffoldDownlinkPackage(other, other),
                    "global model of the wrong shape: shape=[1], expected=[51]; server and clients must select the same"
                            + " model");
        }
    }

    private void fails(ScaffoldDownlinkPackage payload, String message) {
        try (var trainer = trainer(Tiny.LINEAR, WHOLE)) {
            assertThatExceptionOfType(ClientFailedException.class)
                    .isThrownBy(() -> trainer.localProcess(payload, List.of(0)))
                    .withStackTraceContaining(message);
        }
    }

    @Test
    void shouldRefuseAClientWithoutSamples() {
        data.partitions()
                .setDataset(PartitionType.TRAIN, 1, new TensorDataset(torch.zeros(0, 1, 4, 4), torch.zeros(0)));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ScaffoldClients(SELECTOR, Tiny.LINEAR, data.partitions(), 2, WHOLE))
                .withMessage("no samples: cid=1, size=0, limit=1 or more; partition the data so that each client has"
                        + " some");
    }

    @Test
    void shouldReportProcessWorkerAndTime() {
        try (var trainer = trainer(Tiny.LINEAR, WHOLE);
                Tensor vector = torch.zeros(NUMEL)) {
            trainer.localProcess(new ScaffoldDownlinkPackage(vector, vector), List.of(0));

            Map<String, Object> metadata = trainer.uplinkPackage().get(0).metadata();
            assertThat(metadata)
                    .containsEntry("pid", ProcessHandle.current().pid())
                    .containsEntry("worker", 0)
                    .hasEntrySatisfying("seconds", s -> assertThat((double) s).isPositive());
        }
    }
}
