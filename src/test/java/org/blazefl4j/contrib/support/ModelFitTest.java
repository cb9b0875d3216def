package org.blazefl4j.contrib.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.contrib.fedavg.FedAvgClients;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.contrib.scaffold.ScaffoldClients;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.data.DataLoader.LastBatch;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.data.FilteredDataset;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.model.Engine;
import org.blazefl4j.model.Layer;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.Numerics;
import org.blazefl4j.model.Sequential;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.trainer.SerialClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Combinations of data, model and settings that cannot train are refused at construction. */
final class ModelFitTest {

    private static final SgdOptions FOURS = new SgdOptions(1, 4, 0.1);

    /** In batches of four, all clients but the one with 4 samples have one sample left. */
    private final TinyData data = TinyData.of(94, parts(5, 4, 9, 13, 17, 21, 25));

    /** Normalises one number per channel, which needs more than one sample. */
    private static final class Normed extends Model {
        private final LinearImpl fc = linear("fc", 16, Tiny.CLASSES);
        private final BatchNorm2dImpl norm = batchNorm2d("norm", Tiny.CLASSES);

        @Override
        public Tensor forward(Tensor x) {
            return norm.forward(fc.forward(x.flatten(1, -1)).view(-1, Tiny.CLASSES, 1, 1))
                    .flatten(1, -1);
        }
    }

    /** Draws from LibTorch's default generator, as user code may. */
    private static final class Drawing extends Model {
        private final LinearImpl fc = linear("fc", 16, Tiny.CLASSES);

        @Override
        public Tensor forward(Tensor x) {
            return fc.forward(x.flatten(1, -1).add(torch.rand(x.size(0), 16)));
        }
    }

    enum Kind {
        NORMED,
        DRAWING
    }

    private record Selector() implements ModelSelector<Kind> {
        @Override
        public Model selectModel(Kind kind) {
            return DefaultGenerator.seeded(1, kind == Kind.NORMED ? Normed::new : Drawing::new);
        }
    }

    @AfterEach
    void close() {
        data.close();
    }

    private static List<long[]> parts(int... sizes) {
        return IntStream.range(0, sizes.length)
                .mapToObj(cid -> {
                    int from = IntStream.of(sizes).limit(cid).sum();
                    return LongStream.range(from, from + sizes[cid]).toArray();
                })
                .toList();
    }

    private FedAvgClients clients(Kind kind, SgdOptions options) {
        return new FedAvgClients(new Selector(), kind, data.partitions(), 7, options);
    }

    @Test
    void shouldRefuseBatchesOfOneAndNameTheirClients() {
        String refusal = "batch of one sample: batch_size=4, last_batch=keep, samples=client 0 with 5, client 2 with 9,"
                + " client 3 with 13, client 4 with 17, client 5 with 21 and 1 more, limit=2 or more in each batch, because"
                + " the model cannot be trained on one (Expected more than 1 value per channel when training, got input"
                + " size [1, 3, 1, 1]); drop or merge the last batch, choose another batch size, or leave out clients"
                + " with one sample";

        assertThatIllegalArgumentException()
                .isThrownBy(() -> clients(Kind.NORMED, FOURS))
                .withMessage(refusal);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ScaffoldClients(new Selector(), Kind.NORMED, data.partitions(), 7, FOURS))
                .withMessage(refusal);
    }

    @ParameterizedTest
    @EnumSource(names = {"DROP", "MERGE"})
    void shouldAcceptDroppedOrMergedRestsAndOtherBatchSizes(LastBatch last) {
        assertThat(clients(Kind.NORMED, FOURS.withLastBatch(last)).numel()).isEqualTo(16 * 3 + 3 + 4 * 3 + 1);
        clients(Kind.NORMED, FOURS.withBatchSize(7));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> clients(Kind.NORMED, FOURS.withLastBatch(last).withBatchSize(1)))
                .withMessageStartingWith("batch of one sample: batch_size=1, last_batch=" + last);
    }

    @ParameterizedTest
    @EnumSource
    void shouldAcceptBatchesOfOneIfTheModelAllowsThem(Tiny kind) {
        new FedAvgClients(new Tiny.Selector(1), kind, data.partitions(), 7, FOURS);
    }

    @ParameterizedTest
    @CsvSource({"KEEP, 7, 1", "DROP, 7, 3", "MERGE, 7, 3", "KEEP, 6, 3", "KEEP, 2, 2", "DROP, 2, 2"})
    void shouldFindTheSmallestBatch(LastBatch last, int samples, int size) {
        assertThat(ModelFit.smallestBatch(samples, 3, last)).isEqualTo(size);
    }

    @Test
    void shouldAdvanceNoRandomStream() {
        byte[] before = DefaultGenerator.state();

        clients(Kind.DRAWING, FOURS);

        assertThat(DefaultGenerator.state()).isEqualTo(before);
    }

    @Test
    void shouldRefuseDistillationInBatchesOfOne() {
        Supplier<Model> fresh = () -> new Selector().selectModel(Kind.NORMED);
        Dataset open = data.whole();

        ModelFit.requireDistillable(fresh, open, 8, 4, LastBatch.KEEP);
        ModelFit.requireDistillable(fresh, open, 9, 4, LastBatch.MERGE);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ModelFit.requireDistillable(fresh, open, 9, 4, LastBatch.KEEP))
                .withMessageStartingWith("batch of one sample: distillation_batch_size=4, last_batch=keep, samples=9,");
    }

    @Test
    void shouldNameTheClientOfALabelThatIsNoClass() {
        try (Tensor images = torch.zeros(6, 1, 4, 4);
                Tensor labels = Tensors.of(new long[] {0, 2, -100, 1, 3, 0})) {
            data.partitions().setClients(PartitionType.TRAIN, new TensorDataset(images, labels), parts(3, 1, 2));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new FedAvgClients(new Tiny.Selector(1), Tiny.LINEAR, data.partitions(), 3, FOURS))
                    .withMessage("label out of range: cid=2, label=3, limit=0 to 2; give a model with an output for"
                            + " each class, or leave such samples out");
        }
    }

    @Test
    void shouldRefuseLabelsThatLibTorchAloneIgnores() {
        try (Tensor images = torch.zeros(2, 1, 4, 4);
                Tensor labels = Tensors.of(new long[] {0, -100});
                Sequential net = new Sequential().add(Layer.flatten(), Layer.linear(16, 3))) {
            Dataset samples = new TensorDataset(images, labels);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ModelFit.requireTrainable(net, new int[] {0}, cid -> samples, 2, LastBatch.KEEP))
                    .withMessage("label out of range: cid=0, label=-100, limit=0 to 2; give a model with an output for"
                            + " each class, or leave such samples out (the engine libtorch ignores those with label"
                            + " -100)");
            net.setNumerics(Numerics.DEFAULT.withEngine(Engine.LIBTORCH));
            ModelFit.requireTrainable(net, new int[] {0}, cid -> samples, 2, LastBatch.KEEP);
        }
    }

    @Test
    void shouldFindALabelInNestedSelections() {
        try (Tensor images = torch.zeros(6, 1, 4, 4);
                Tensor labels = Tensors.of(new long[] {3, 2, 3, 1, 3, 0});
                Tensor selected = Tensors.of(new long[] {1, 3, 4})) {
            var selection = new FilteredDataset(selected, new TensorDataset(images, labels));
            data.partitions().setClients(PartitionType.TRAIN, selection, parts(2, 1));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new FedAvgClients(new Tiny.Selector(1), Tiny.LINEAR, data.partitions(), 2, FOURS))
                    .withMessageStartingWith("label out of range: cid=1, label=3, limit=0 to 2");
        }
    }

    @Test
    void shouldRefuseSamplesThatDoNotFitTheModel() {
        try (Tensor images = torch.zeros(6, 1, 5, 5);
                Tensor labels = Tensors.of(new long[6])) {
            data.partitions().setClients(PartitionType.TRAIN, new TensorDataset(images, labels), parts(3, 3));
            data.partitions().setDataset(PartitionType.TEST, new TensorDataset(images, labels));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new FedAvgClients(new Tiny.Selector(1), Tiny.LINEAR, data.partitions(), 2, FOURS))
                    .withMessage("model does not fit the samples: cid=0, found=mat1 and mat2 shapes cannot be"
                            + " multiplied (2x25 and 16x3); give a model that takes samples of their shape and type");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new FedAvgServerHandler(
                            new Tiny.Selector(1), Tiny.LINEAR, data.partitions(), ServerOptions.of(1, 2)))
                    .withMessageStartingWith("model does not fit the samples: test samples, found=mat1 and mat2");
        }
    }

    @Test
    void shouldAcceptBytesAsLabelsLikeLibTorch() {
        try (Tensor images = torch.zeros(2, 1, 4, 4);
                Tensor good = Tensors.of(new byte[] {0, 2});
                Tensor bad = Tensors.of(new byte[] {0, (byte) 255})) {
            data.partitions().setClients(PartitionType.TRAIN, new TensorDataset(images, good), parts(1, 1));
            data.partitions().setDataset(PartitionType.TEST, new TensorDataset(images, good));
            FedAvgClients clients = new FedAvgClients(new Tiny.Selector(1), Tiny.LINEAR, data.partitions(), 2, FOURS);
            try (FedAvgServerHandler handler = new FedAvgServerHandler(
                            new Tiny.Selector(1), Tiny.LINEAR, data.partitions(), ServerOptions.of(1, 2));
                    var trainer = new SerialClientTrainer<>(clients, TrainerOptions.defaults())) {
                assertThat(new Simulation<>(handler, trainer).run().summary()).containsKey("accuracy");
            }
            data.partitions().setClients(PartitionType.TRAIN, new TensorDataset(images, bad), parts(1, 1));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new FedAvgClients(new Tiny.Selector(1), Tiny.LINEAR, data.partitions(), 2, FOURS))
                    .withMessageStartingWith("label out of range: cid=1, label=255, limit=0 to 2;");
        }
    }

    @Test
    void shouldRefuseTargetsThatAreNotLabels() {
        try (Tensor images = torch.zeros(2, 1, 4, 4);
                Tensor ints = torch.zeros(2).toType(ScalarType.Int)) {
            data.partitions().setClients(PartitionType.TRAIN, new TensorDataset(images, ints), parts(1, 1));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new FedAvgClients(new Tiny.Selector(1), Tiny.LINEAR, data.partitions(), 2, FOURS))
                    .withMessage(
                            "labels of the wrong dtype: cid=0, dtype=Int, expected=Long or Byte; convert them to int64");
            data.partitions().setClients(PartitionType.TRAIN, new TensorDataset(images, null), parts(1, 1));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new FedAvgClients(new Tiny.Selector(1), Tiny.LINEAR, data.partitions(), 2, FOURS))
                    .withMessage("samples without labels: cid=0, targets=none, expected=one label per sample");
        }
    }
}
