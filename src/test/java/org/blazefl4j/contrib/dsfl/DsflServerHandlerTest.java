package org.blazefl4j.contrib.dsfl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.blazefl4j.checkpoint.CheckpointException;
import org.blazefl4j.checkpoint.Checkpoints;
import org.blazefl4j.contrib.common.MemoryCheckpoint;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.WholeRounds;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.model.Model;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DsflServerHandlerTest {

    private static final int OPEN = 20;
    private static final int PER_ROUND = 8;
    private static final int CLIENTS = 3;
    private static final Tiny.Selector SELECTOR = new Tiny.Selector(1);
    private static final DsflServerHandler.Options OPTIONS = DsflServerHandler.Options.of(ServerOptions.of(4, CLIENTS))
            .withOpenSizePerRound(PER_ROUND)
            .withDistillation(new SgdOptions(2, 3, 0.1))
            .withMomentum(0.9);

    private final TinyOpenData data = new TinyOpenData(60, OPEN, CLIENTS);
    private final PointerScope scope = new PointerScope();

    @AfterEach
    void free() {
        scope.close();
        data.close();
    }

    private DsflServerHandler handler(Tiny model, DsflServerHandler.Options options) {
        return new DsflServerHandler(SELECTOR, model, data.partitions(), options);
    }

    private DsflServerHandler handler() {
        return handler(Tiny.CONVOLUTION, OPTIONS);
    }

    private static long[] longs(Tensor tensor) {
        long[] values = new long[(int) tensor.numel()];
        new LongPointer(tensor.data_ptr()).get(values);
        return values;
    }

    /** Soft labels that differ from client to client and round to round. */
    private static DsflUplinkPackage uplink(int cid, DsflServerHandler handler) {
        Tensor indices = handler.downlinkPackage().nextIndices().clone();
        SplittableRandom random = new SplittableRandom(100L * handler.round() + cid);
        float[] values = new float[(int) indices.numel() * Tiny.CLASSES];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble();
        }
        return new DsflUplinkPackage(cid, Tensors.of(values, indices.numel(), Tiny.CLASSES), indices, Map.of());
    }

    private static boolean loadAll(DsflServerHandler handler) {
        boolean complete = false;
        for (int cid : handler.sampleClients()) {
            complete = handler.load(uplink(cid, handler));
        }
        return complete;
    }

    private static void update(DsflServerHandler handler, List<DsflUplinkPackage> uplinks) {
        WholeRounds.update(handler, DsflUplinkPackage::cid, uplinks);
    }

    @Test
    void shouldSendNoSoftLabelsInTheFirstRound() {
        try (DsflServerHandler handler = handler()) {
            DsflDownlinkPackage down = handler.downlinkPackage();

            assertThat(down.hasSoftLabels()).isFalse();
            assertThat(longs(down.nextIndices())).hasSize(PER_ROUND).isSorted().doesNotHaveDuplicates();
            assertThat(Arrays.stream(longs(down.nextIndices()))).allMatch(i -> i >= 0 && i < OPEN);
        }
    }

    @Test
    void shouldSendTheRoundsSoftLabelsAndAskForOtherSamples() {
        try (DsflServerHandler handler = handler()) {
            long[] asked = longs(handler.downlinkPackage().nextIndices());

            assertThat(loadAll(handler)).isTrue();

            DsflDownlinkPackage down = handler.downlinkPackage();
            assertThat(longs(down.indices())).containsExactly(asked);
            assertThat(down.softLabels().shape()).containsExactly(PER_ROUND, Tiny.CLASSES);
            assertThat(down.softLabels().sum(1).sub(new Scalar(1)).abs().max().item_double())
                    .isLessThan(1e-6);
            assertThat(longs(down.nextIndices())).hasSize(PER_ROUND).isNotEqualTo(asked);
            assertThat(handler.round()).isEqualTo(1);
        }
    }

    @Test
    void shouldKeepSentTensorsUntilTheNextRound() {
        try (DsflServerHandler handler = handler()) {
            loadAll(handler);
            DsflDownlinkPackage down = handler.downlinkPackage();
            loadAll(handler);

            assertThat(down.softLabels().isNull()).isFalse();
            loadAll(handler);
            assertThat(down.softLabels().isNull()).isTrue();
        }
    }

    @Test
    void shouldKeepItsTensorsWhenADownlinkPackageIsClosed() {
        try (DsflServerHandler handler = handler()) {
            for (int round = 0; round < 3; round++) {
                loadAll(handler);
                handler.downlinkPackage().close();
                assertThat(handler.downlinkPackage().softLabels().shape()).containsExactly(PER_ROUND, Tiny.CLASSES);
            }
            DsflUplinkPackage closed = uplink(0, handler);
            closed.close();
            assertThatThrownBy(() -> handler.load(closed))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("soft labels or indices closed: client=0, expected=open tensors; load a package before"
                            + " it is closed");
        }
    }

    /** One batch, one epoch: the gradient of KL by the logits is (probabilities - soft labels) / n. */
    @Test
    void shouldDistilByTheGradientCalculatedByHand() {
        SgdOptions oneStep = new SgdOptions(1, PER_ROUND, 0.5);
        DsflServerHandler.Options options = OPTIONS.withDistillation(oneStep).withMomentum(0);
        try (DsflServerHandler handler = handler(Tiny.LINEAR, options);
                Model model = SELECTOR.selectModel(Tiny.LINEAR);
                FlatParameters state = FlatParameters.of(model)) {
            loadAll(handler);

            DsflDownlinkPackage down = handler.downlinkPackage();
            Batch open = data.partitions().getDataset(PartitionType.OPEN).select(down.indices(), null);
            Tensor x = open.x().flatten(1, -1);
            Tensor errors = model.forward(open.x()).softmax(1).sub(down.softLabels());
            Tensor step = torch.zeros(state.numel());
            step.narrow(0, 0, 16L * Tiny.CLASSES).copy_(errors.t().matmul(x).flatten());
            step.narrow(0, 16L * Tiny.CLASSES, Tiny.CLASSES).copy_(errors.sum(0));
            Tensor expected = state.flatten().sub(step.mul(new Scalar(0.5 / PER_ROUND)));

            assertThat(torch.allclose(parameters(handler), expected, 1e-5, 1e-6, false))
                    .isTrue();
        }
    }

    @Test
    void shouldFailTheRoundOnDivergingDistillationIfAsked() {
        ServerOptions strict = OPTIONS.federation().withOnNonFinite(NonFinitePolicy.FAIL);
        DsflServerHandler.Options options = new DsflServerHandler.Options(
                strict,
                PER_ROUND,
                OPTIONS.eraTemperature(),
                OPTIONS.distillation().withLr(1e38),
                0);
        try (DsflServerHandler handler = handler(Tiny.LINEAR, options)) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> loadAll(handler))
                    .withMessageStartingWith("server's model is not finite: round=1, expected=no NaN and no infinity");
        }
    }

    private static Tensor parameters(DsflServerHandler handler) {
        Map<String, Object> written = new HashMap<>();
        handler.save(written::put);
        return ((DistillationModelState) written.get("learner")).parameters();
    }

    @Test
    void shouldUpdateFromAListWithTheBitsOfLoadingOneByOne() {
        try (DsflServerHandler one = handler();
                DsflServerHandler other = handler()) {
            String before = one.sha256();
            loadAll(one);
            update(other, List.of(uplink(0, other), uplink(1, other), uplink(2, other)));

            assertThat(one.sha256()).isEqualTo(other.sha256()).isNotEqualTo(before);
        }
    }

    @Test
    void shouldCompleteTheRoundWithoutADroppedClient() {
        try (DsflServerHandler dropping = handler();
                DsflServerHandler other = handler()) {
            dropping.sampleClients();
            assertThat(dropping.load(uplink(0, dropping))).isFalse();
            assertThat(dropping.drop(1)).isFalse();
            assertThat(dropping.load(uplink(2, dropping))).isTrue();
            update(other, List.of(uplink(0, other), uplink(2, other)));

            assertThat(dropping.sha256()).isEqualTo(other.sha256());
            assertThat(dropping.round()).isEqualTo(1);
        }
    }

    @Test
    void shouldCompleteTheRoundWhenTheLastClientIsDropped() {
        try (DsflServerHandler handler = handler()) {
            handler.sampleClients();
            handler.load(uplink(0, handler));
            handler.drop(1);

            assertThat(handler.drop(2)).isTrue();
            assertThatExceptionOfType(IllegalStateException.class)
                    .isThrownBy(() -> {
                        handler.sampleClients();
                        handler.drop(0);
                        handler.drop(1);
                        handler.drop(2);
                    })
                    .withMessageStartingWith("all clients dropped: cid=2, round=2");
        }
    }

    @Test
    void shouldRefuseAPackageAndContinueUnchanged() {
        try (DsflServerHandler handler = handler();
                DsflServerHandler other = handler()) {
            handler.sampleClients();
            handler.load(uplink(0, handler));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> handler.load(uplink(0, handler)))
                    .withMessageStartingWith("client loaded twice: cid=0, round=1");
            Tensor outside = Tensors.of(new long[] {OPEN});
            assertThatIllegalArgumentException()
                    .isThrownBy(() ->
                            handler.load(new DsflUplinkPackage(1, torch.ones(1, Tiny.CLASSES), outside, Map.of())))
                    .withMessage("index out of range: client=1, index=20, limit=0 to 19; send positions in the open"
                            + " set");
            handler.load(uplink(1, handler));
            handler.load(uplink(2, handler));
            loadAll(other);

            assertThat(handler.sha256()).isEqualTo(other.sha256());
        }
    }

    @Test
    void shouldSummariseTheRound() {
        try (DsflServerHandler handler = handler()) {
            loadAll(handler);

            assertThat(handler.getSummary().keySet()).containsExactly("round", "accuracy", "loss", "sha256");
            assertThat(handler.getSummary())
                    .containsEntry("round", 1)
                    .containsEntry("accuracy", handler.evaluate().accuracy())
                    .containsEntry("sha256", handler.sha256());
        }
    }

    /** Each client that evaluates counts once, independent of the size of its test data. */
    @Test
    void shouldReportTheMeansOfTheClientsModels() {
        try (DsflServerHandler handler = handler();
                DsflServerHandler resumed = handler()) {
            handler.sampleClients();
            handler.load(scored(0, handler, Map.of("accuracy", 0.5, "loss", 1.0)));
            handler.load(scored(1, handler, Map.of("accuracy", 0.25, "loss", 2.0)));
            handler.load(scored(2, handler, Map.of()));

            assertThat(handler.getSummary())
                    .containsEntry("client_accuracy", 0.375)
                    .containsEntry("client_loss", 1.5);
            MemoryCheckpoint saved = new MemoryCheckpoint();
            handler.save(saved);
            resumed.restore(saved);
            assertThat(resumed.getSummary()).isEqualTo(handler.getSummary());
        }
    }

    @Test
    void shouldContinueFromACheckpointWithoutTheClientsScores() {
        try (DsflServerHandler handler = handler();
                DsflServerHandler resumed = handler()) {
            String sha256 = handler.sha256();
            MemoryCheckpoint saved = new MemoryCheckpoint();
            handler.save(saved);

            resumed.restore(saved.without("client_scores"));

            assertThat(resumed.sha256()).isEqualTo(sha256);
            assertThat(resumed.getSummary()).doesNotContainKey("client_loss");
        }
    }

    private DsflUplinkPackage scored(int cid, DsflServerHandler handler, Map<String, Object> metadata) {
        DsflUplinkPackage plain = uplink(cid, handler);
        return new DsflUplinkPackage(cid, plain.softLabels(), plain.indices(), metadata);
    }

    @Test
    void shouldRefuseTooLittleData() {
        refuses(
                OPTIONS.withOpenSizePerRound(OPEN + 1),
                "too many open samples a round: open_size_per_round=21, limit=20, the size of the open set; lower"
                        + " open_size_per_round or raise open_size");
        Tensor none = torch.zeros(0, 1, 4, 4);
        data.partitions().setDataset(PartitionType.TEST, new TensorDataset(none, null));
        refuses(OPTIONS, "no test samples: size=0, limit=1 or more; set the common TEST data set to some");
        data.partitions().setDataset(PartitionType.OPEN, new TensorDataset(none, null));
        refuses(OPTIONS, "no open samples: size=0, limit=1 or more; set the common OPEN data set to some");
    }

    @Test
    void shouldCloseItsModelIfTheModelDoesNotClassify() {
        Images model = new Images();

        assertThatIllegalArgumentException()
                .isThrownBy(() -> new DsflServerHandler(name -> model, Tiny.LINEAR, data.partitions(), OPTIONS))
                .withMessage("model does not classify: dimensions=4, expected=2, [n, classes]; "
                        + "give a model with one output per class");

        assertThat(model.closed).isTrue();
    }

    /** Returns its input. */
    private static final class Images extends Model {
        private boolean closed;

        private Images() {
            linear("unused", 16, Tiny.CLASSES);
        }

        @Override
        public Tensor forward(Tensor x) {
            return x;
        }

        @Override
        public void close() {
            closed = true;
            super.close();
        }
    }

    private void refuses(DsflServerHandler.Options options, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> handler(Tiny.LINEAR, options))
                .withMessage(message);
    }

    @Test
    void shouldContinueFromACheckpointWithTheSameBits(@TempDir Path folder) {
        try (DsflServerHandler straight = handler();
                DsflServerHandler saved = handler();
                DsflServerHandler resumed = handler()) {
            loadAll(straight);
            loadAll(straight);
            loadAll(straight);
            loadAll(saved);
            loadAll(saved);
            save(saved, folder);
            loadAll(resumed);
            resume(resumed, folder);

            assertThat(resumed.round()).isEqualTo(2);
            assertThat(resumed.sha256()).isEqualTo(saved.sha256());
            assertThat(longs(resumed.downlinkPackage().nextIndices()))
                    .containsExactly(longs(saved.downlinkPackage().nextIndices()));
            assertThat(resumed.downlinkPackage()
                            .softLabels()
                            .equal(saved.downlinkPackage().softLabels()))
                    .isTrue();
            loadAll(resumed);
            assertThat(resumed.sha256()).isEqualTo(straight.sha256());
        }
    }

    @Test
    void shouldContinueFromACheckpointBeforeTheFirstRound(@TempDir Path folder) {
        try (DsflServerHandler saved = handler();
                DsflServerHandler resumed = handler()) {
            save(saved, folder);
            loadAll(resumed);
            resume(resumed, folder);

            assertThat(resumed.round()).isZero();
            assertThat(resumed.downlinkPackage().hasSoftLabels()).isFalse();
            assertThat(resumed.sha256()).isEqualTo(saved.sha256());
        }
    }

    @Test
    void shouldRefuseAMismatchedCheckpointAndStayUnchanged(@TempDir Path folder) {
        try (DsflServerHandler saved = handler();
                DsflServerHandler other = handler(Tiny.LINEAR, OPTIONS)) {
            loadAll(saved);
            loadAll(saved);
            save(saved, folder);
            loadAll(other);
            String before = other.sha256();

            assertThatExceptionOfType(CheckpointException.class)
                    .isThrownBy(() -> resume(other, folder))
                    .withMessageContaining("state of another model: parameters=[");
            assertThat(other.sha256()).isEqualTo(before);
            assertThat(other.round()).isEqualTo(1);
        }
    }

    @Test
    void shouldRefuseACheckpointOfAnotherOpenSetOrOfMoreRounds(@TempDir Path folder) {
        try (DsflServerHandler saved = handler();
                TinyOpenData less = new TinyOpenData(60, PER_ROUND, CLIENTS);
                DsflServerHandler other =
                        new DsflServerHandler(SELECTOR, Tiny.CONVOLUTION, less.partitions(), OPTIONS);
                DsflServerHandler shorter = handler(Tiny.CONVOLUTION, with(ServerOptions.of(1, CLIENTS)))) {
            loadAll(saved);
            loadAll(saved);
            save(saved, folder);

            assertThatExceptionOfType(CheckpointException.class)
                    .isThrownBy(() -> resume(other, folder))
                    .withMessageContaining("index out of range: source=checkpoint, index=")
                    .withMessageContaining(", limit=0 to 7");
            assertThatExceptionOfType(CheckpointException.class)
                    .isThrownBy(() -> resume(shorter, folder))
                    .withMessageContaining("completed rounds out of range: rounds=2, limit=0 to 1");
            assertThat(shorter.downlinkPackage().hasSoftLabels()).isFalse();
        }
    }

    private static DsflServerHandler.Options with(ServerOptions federation) {
        return DsflServerHandler.Options.of(federation)
                .withOpenSizePerRound(PER_ROUND)
                .withDistillation(OPTIONS.distillation())
                .withMomentum(OPTIONS.momentum());
    }

    private static void save(DsflServerHandler handler, Path folder) {
        try (Checkpoints checkpoints = Checkpoints.in(folder)) {
            checkpoints.add("handler", handler);
            checkpoints.save(handler.round());
        }
    }

    private static void resume(DsflServerHandler handler, Path folder) {
        try (Checkpoints checkpoints = Checkpoints.in(folder)) {
            checkpoints.add("handler", handler);
            assertThat(checkpoints.resume()).isPresent();
        }
    }
}
