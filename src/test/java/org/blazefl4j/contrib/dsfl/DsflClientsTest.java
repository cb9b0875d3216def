package org.blazefl4j.contrib.dsfl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.blazefl4j.contrib.common.KeptConfigurations;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.model.Model;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.blazefl4j.reproducibility.RandomStreams;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.trainer.SerialClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DsflClientsTest {

    private static final int OPEN = 20;
    private static final int CLIENTS = 2;
    private static final long SEED = 42;
    private static final Tiny.Selector SELECTOR = new Tiny.Selector(1);
    private static final DsflClients.Options OPTIONS =
            new DsflClients.Options(new SgdOptions(2, 8, 0.1), new SgdOptions(3, 4, 0.05), 0.9, false);

    private final TinyOpenData data = new TinyOpenData(60, OPEN, CLIENTS);
    private final PointerScope scope = new PointerScope();

    @AfterEach
    void free() {
        scope.close();
        data.close();
    }

    private DsflClients clients(Tiny model, DsflClients.Options options) {
        return new DsflClients(SELECTOR, model, data.partitions(), CLIENTS, options);
    }

    private SerialClientTrainer<DsflClients.Config, DsflDownlinkPackage, DsflUplinkPackage> trainer(
            DsflClients clients) {
        return new SerialClientTrainer<>(
                clients, TrainerOptions.builder().seed(SEED).build());
    }

    private static DsflDownlinkPackage first(long... nextIndices) {
        return new DsflDownlinkPackage(null, null, Tensors.of(nextIndices));
    }

    /** One-hot soft labels for the open samples 4 to 12. */
    private static DsflDownlinkPackage later(long... nextIndices) {
        long[] indices = {4, 5, 6, 7, 8, 9, 10, 11, 12};
        float[] labels = new float[indices.length * Tiny.CLASSES];
        for (int i = 0; i < indices.length; i++) {
            labels[i * Tiny.CLASSES + i % Tiny.CLASSES] = 1;
        }
        Tensor softLabels = Tensors.of(labels, indices.length, Tiny.CLASSES);
        return new DsflDownlinkPackage(softLabels, Tensors.of(indices), Tensors.of(nextIndices));
    }

    private static List<DsflUplinkPackage> round(
            SerialClientTrainer<DsflClients.Config, DsflDownlinkPackage, DsflUplinkPackage> trainer,
            DsflDownlinkPackage down,
            Integer... cids) {
        trainer.localProcess(down, List.of(cids));
        return trainer.uplinkPackage();
    }

    /** A reference client, written with LibTorch's own optimizers. */
    private final class PlainClient {
        private final int cid;
        private final Model model;
        private final SGD training;
        private final SGD distilling;

        PlainClient(Tiny name, int cid, double momentum) {
            this.cid = cid;
            this.model = SELECTOR.selectModel(name);
            this.training = sgd(OPTIONS.training().lr(), momentum);
            this.distilling = sgd(OPTIONS.distillation().lr(), momentum);
        }

        private SGD sgd(double lr, double momentum) {
            SGDOptions options = new SGDOptions(lr);
            options.momentum().put(momentum);
            return new SGD(model.parameters(), options);
        }

        Tensor round(int round, DsflDownlinkPackage down) {
            try (IntraOpThreads threads = IntraOpThreads.scope(1)) {
                Generator shuffle = RandomStreams.generator(SEED, cid, round, "shuffle");
                model.setGenerator(RandomStreams.generator(SEED, cid, round, "dropout"));
                model.train();
                if (down.hasSoftLabels()) {
                    distil(down, shuffle);
                }
                train(shuffle);
                return predict(down.nextIndices());
            }
        }

        private void distil(DsflDownlinkPackage down, Generator shuffle) {
            Tensor x = open().select(down.indices(), null).x();
            DataLoader loader = new DataLoader(
                    new TensorDataset(x, down.softLabels()),
                    OPTIONS.distillation().batchSize(),
                    true,
                    shuffle);
            for (int epoch = 0; epoch < OPTIONS.distillation().epochs(); epoch++) {
                for (Batch batch : loader) {
                    distilling.zero_grad();
                    Tensor target = batch.y();
                    Tensor logs = model.forward(batch.x()).log_softmax(1);
                    // KL: sum of t * (log t - log p), where 0 * log 0 is 0; the first part has no gradient.
                    target.mul(logs)
                            .sum()
                            .neg()
                            .div(new Scalar((double) target.size(0)))
                            .backward();
                    distilling.step();
                }
            }
        }

        private void train(Generator shuffle) {
            Dataset mine = data.partitions().getDataset(PartitionType.TRAIN, cid);
            DataLoader loader = new DataLoader(mine, OPTIONS.training().batchSize(), true, shuffle);
            for (int epoch = 0; epoch < OPTIONS.training().epochs(); epoch++) {
                for (Batch batch : loader) {
                    training.zero_grad();
                    torch.cross_entropy(model.forward(batch.x()), batch.y()).backward();
                    training.step();
                }
            }
        }

        private Tensor predict(Tensor indices) {
            model.eval();
            try (NoGradGuard guard = new NoGradGuard()) {
                return model.forward(open().select(indices, null).x()).softmax(1);
            }
        }

        private Dataset open() {
            return data.partitions().getDataset(PartitionType.OPEN);
        }
    }

    private static void requireClose(Tensor actual, Tensor expected) {
        assertThat(actual.shape()).containsExactly(expected.shape());
        assertThat(actual.sub(expected).abs().max().item_double()).isLessThan(1e-5);
    }

    @ParameterizedTest
    @EnumSource(Tiny.class)
    void shouldTrainAndLabelWithoutDistillationInTheFirstRound(Tiny name) {
        try (var trainer = trainer(clients(name, OPTIONS))) {
            DsflDownlinkPackage down = first(3, 19, 0);
            List<DsflUplinkPackage> uplinks = round(trainer, down, 0, 1);

            assertThat(uplinks).extracting(DsflUplinkPackage::cid).containsExactly(0, 1);
            for (DsflUplinkPackage uplink : uplinks) {
                assertThat(uplink.indices().equal(down.nextIndices())).isTrue();
                requireClose(uplink.softLabels(), new PlainClient(name, uplink.cid(), 0.9).round(0, down));
            }
        }
    }

    /** Also shows that clients keep their model and both velocities apart. */
    @ParameterizedTest
    @ValueSource(doubles = {0, 0.9})
    void shouldContinueFromItsModelAndVelocitiesInLaterRounds(double momentum) {
        DsflClients clients = clients(Tiny.CONVOLUTION, OPTIONS.withMomentum(momentum));
        try (var trainer = trainer(clients)) {
            PlainClient zero = new PlainClient(Tiny.CONVOLUTION, 0, momentum);
            PlainClient one = new PlainClient(Tiny.CONVOLUTION, 1, momentum);
            for (int round = 0; round < 4; round++) {
                DsflDownlinkPackage down = round == 0 ? first(1, 2) : later(round, 19);
                List<DsflUplinkPackage> uplinks = round(trainer, down, 1, 0);

                requireClose(uplinks.get(0).softLabels(), one.round(round, down));
                requireClose(uplinks.get(1).softLabels(), zero.round(round, down));
            }
        }
    }

    @Test
    void shouldGiveAClientOneConfigurationThatIsEncodedOnce() {
        KeptConfigurations.requireOneThatIsEncodedOnce(clients(Tiny.LINEAR, OPTIONS), 1);
    }

    @Test
    void shouldGiveAClientAnotherConfigurationWithOtherData() {
        DsflClients clients = clients(Tiny.LINEAR, OPTIONS);
        DsflClients.Config config = clients.getClientConfig(1);
        Dataset other = data.partitions().getDataset(PartitionType.TRAIN, 0);
        data.partitions().setDataset(PartitionType.TRAIN, 1, other);
        assertThat(clients.getClientConfig(1).dataset()).isSameAs(other).isNotSameAs(config.dataset());
    }

    @Test
    void shouldNotDependOnTheWorkersPreviousClient() {
        try (var one = trainer(clients(Tiny.CONVOLUTION, OPTIONS));
                var other = trainer(clients(Tiny.CONVOLUTION, OPTIONS.withMomentum(0)))) {
            round(one, later(0), 0);
            round(other, later(0), 0);
            one.startAtRound(0);

            Tensor after = round(one, later(0, 1, 2), 1).get(0).softLabels();
            try (var fresh = trainer(clients(Tiny.CONVOLUTION, OPTIONS))) {
                assertThat(after.equal(round(fresh, later(0, 1, 2), 1).get(0).softLabels()))
                        .isTrue();
            }
        }
    }

    @Test
    void shouldGiveEachClientItsModel() {
        List<Tiny> models = List.of(Tiny.LINEAR, Tiny.CONVOLUTION);
        DsflClients mixed = new DsflClients(SELECTOR, models, data.partitions(), OPTIONS);
        try (var trainer = trainer(mixed)) {
            List<DsflUplinkPackage> uplinks = round(trainer, later(5, 6), 0, 1);

            requireClose(uplinks.get(0).softLabels(), new PlainClient(Tiny.LINEAR, 0, 0.9).round(0, later(5, 6)));
            requireClose(uplinks.get(1).softLabels(), new PlainClient(Tiny.CONVOLUTION, 1, 0.9).round(0, later(5, 6)));
        }
    }

    @Test
    void shouldEvaluateOnTheClientsTestSamplesIfAsked() {
        for (int cid = 0; cid < CLIENTS; cid++) {
            data.partitions()
                    .setDataset(PartitionType.TEST, cid, data.partitions().getDataset(PartitionType.TRAIN, cid));
        }
        try (var trainer = trainer(clients(Tiny.LINEAR, OPTIONS.withEvaluate(true)));
                var other = trainer(clients(Tiny.LINEAR, OPTIONS))) {
            assertThat(round(trainer, first(1), 1).get(0).metadata())
                    .containsKeys("pid", "worker", "seconds")
                    .hasEntrySatisfying("accuracy", a -> assertThat((double) a).isBetween(0.34, 1.0))
                    .hasEntrySatisfying("loss", l -> assertThat((double) l).isPositive());
            assertThat(round(other, first(1), 1).get(0).metadata()).containsOnlyKeys("pid", "worker", "seconds");
            assertThat(round(trainer, first(1), 1).get(0).softLabels())
                    .as("evaluation does not affect training")
                    .matches(labels ->
                            labels.equal(round(other, first(1), 1).get(0).softLabels()));
        }
    }

    @Test
    void shouldLeaveThePayloadUnchanged() {
        try (var trainer = trainer(clients(Tiny.CONVOLUTION, OPTIONS))) {
            DsflDownlinkPackage down = later(1, 2);
            Tensor before = down.softLabels().clone();
            round(trainer, down, 0, 1);

            assertThat(down.softLabels().equal(before)).isTrue();
        }
    }

    @Test
    void shouldStopWhenTheStopEventIsSet() {
        try (var trainer = trainer(clients(Tiny.LINEAR, OPTIONS))) {
            assertThatExceptionOfType(StoppedException.class)
                    .isThrownBy(() -> trainer.localProcess(
                            first(1),
                            List.of(0, 1),
                            uplink -> trainer.stopEvent().set()));
        }
    }

    @Test
    void shouldFailAClientAskedForSamplesOutsideTheOpenSet() {
        try (var trainer = trainer(clients(Tiny.LINEAR, OPTIONS))) {
            assertThatExceptionOfType(ClientFailedException.class)
                    .isThrownBy(() -> round(trainer, first(OPEN), 0))
                    .withStackTraceContaining("indices out of range: lowest=20, highest=20, limit=0 to 19");
        }
    }

    @Test
    void shouldRefuseTooLittleData() {
        refuses(3, OPTIONS, "no such data: type=TRAIN, client=2, found=");
        refuses(0, OPTIONS, "too few clients: num_clients=0, limit=1 or more");
        refuses(2, OPTIONS.withEvaluate(true), "no such data: type=TEST, client=0, found=");
        data.partitions().setDataset(PartitionType.OPEN, new TensorDataset(torch.zeros(0, 1, 4, 4), null));
        refuses(2, OPTIONS, "no open samples: size=0, limit=1 or more; set the common OPEN data set to some");
    }

    private void refuses(int numClients, DsflClients.Options options, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new DsflClients(SELECTOR, Tiny.LINEAR, data.partitions(), numClients, options))
                .withMessageStartingWith(message);
    }

    private enum Outputs {
        TWO,
        THREE
    }

    private static final class Classifier extends Model {
        private final LinearImpl fc;

        Classifier(int classes) {
            fc = linear("fc", 16, classes);
        }

        @Override
        public Tensor forward(Tensor x) {
            return fc.forward(x.flatten(1, -1));
        }
    }

    @Test
    void shouldRefuseModelsThatDifferInClasses() {
        ModelSelector<Outputs> selector =
                name -> DefaultGenerator.seeded(1, () -> new Classifier(name == Outputs.TWO ? 2 : 3));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new DsflClients(selector, List.of(Outputs.values()), data.partitions(), OPTIONS))
                .withMessage(
                        "models differ in classes: cid=1, model=THREE, classes=3, expected=2 as for client 0; give all"
                                + " clients models with the same classes");
    }

    @Test
    void shouldRefuseAClientBeyondTheFederation() {
        DsflClients clients = clients(Tiny.LINEAR, OPTIONS);
        try (SerialClientTrainer<DsflClients.Config, DsflDownlinkPackage, DsflUplinkPackage> trainer =
                trainer(clients)) {
            assertThatThrownBy(() -> trainer.localProcess(first(0), List.of(0, CLIENTS)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("no such client: client=2, limit=0 to 1; sample clients of the federation, or make it"
                            + " larger");
        }
    }
}
