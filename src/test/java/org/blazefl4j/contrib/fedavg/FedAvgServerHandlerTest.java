package org.blazefl4j.contrib.fedavg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.blazefl4j.torch.Elements.floats;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.contrib.common.ExactMean;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.contrib.common.WholeRounds;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.cuda.CudaState;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.LogLines;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class FedAvgServerHandlerTest {

    private static final int NUMEL = 16 * 3 + 3;
    private static final int ROUNDS = 4;

    private TinyData data;
    private FedAvgServerHandler handler;

    @BeforeEach
    @BeforeProperty
    void open() {
        data = TinyData.evenly(30, 5);
        handler = handler(ServerOptions.of(ROUNDS, 5));
    }

    @AfterEach
    @AfterProperty
    void close() {
        handler.close();
        data.close();
    }

    private FedAvgServerHandler handler(ServerOptions options) {
        return new FedAvgServerHandler(new Tiny.Selector(1), Tiny.LINEAR, data.partitions(), options);
    }

    private static FedAvgUplinkPackage uplink(int cid, long dataSize, float... parameters) {
        return new FedAvgUplinkPackage(cid, Tensor.create(parameters), dataSize, Map.of());
    }

    private void loadRound(FedAvgServerHandler server, float parameter) {
        for (int cid : server.sampleClients()) {
            float[] parameters = new float[NUMEL];
            Arrays.fill(parameters, cid == 2 ? parameter : 1);
            try (FedAvgUplinkPackage uplink = uplink(cid, 1, parameters)) {
                server.load(uplink);
            }
        }
    }

    private static void update(FedAvgServerHandler handler, List<FedAvgUplinkPackage> uplinks) {
        WholeRounds.update(handler, FedAvgUplinkPackage::cid, uplinks);
    }

    @Test
    void shouldWarnOnceOfAModelThatIsNotFinite() {
        try (LogLines log = new LogLines("org.blazefl4j.contrib.common.ServerDivergence")) {
            loadRound(handler, 2);
            handler.getSummary();
            assertThat(log.lines()).isEmpty();
            loadRound(handler, Float.NaN);
            loadRound(handler, Float.NEGATIVE_INFINITY);
            assertThat(handler.getSummary()).containsEntry("loss", Double.NaN);
            assertThat(log.lines())
                    .containsExactly("server's model is not finite: round=2, expected=no NaN and no infinity; lower the"
                            + " learning rate, or resume from a checkpoint of an earlier round");
        }
        assertThat(handler.round()).isEqualTo(3);
    }

    @Test
    void shouldFailTheRoundWhoseModelIsNotFiniteIfAsked() {
        ServerOptions strict = ServerOptions.of(ROUNDS, 5).withOnNonFinite(NonFinitePolicy.FAIL);
        try (FedAvgServerHandler failing = handler(strict)) {
            loadRound(failing, 2);
            assertThatIllegalStateException()
                    .isThrownBy(() -> loadRound(failing, Float.POSITIVE_INFINITY))
                    .withMessageStartingWith("server's model is not finite: round=2, expected=no NaN and no infinity");
            assertThat(failing.round()).isEqualTo(2); // the model has moved
        }
    }

    /** Returns one package per client, with parameters of widely different magnitude. */
    private static List<FedAvgUplinkPackage> uplinks(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<FedAvgUplinkPackage> uplinks = new ArrayList<>();
        for (int cid = 0; cid < count; cid++) {
            float[] parameters = new float[NUMEL];
            for (int i = 0; i < NUMEL; i++) {
                parameters[i] = (float) ((random.nextDouble() - 0.5) * Math.pow(10, random.nextInt(12) - 6));
            }
            uplinks.add(uplink(cid, 1 + random.nextInt(1000), parameters));
        }
        return uplinks;
    }

    private float[] global() {
        return floats(handler.downlinkPackage().parameters());
    }

    // ---- the mean

    @Test
    void shouldWeightParametersByDataSize() {
        Tensor mean = FedAvgServerHandler.aggregate(List.of(uplink(0, 1, 1, 2, 3), uplink(1, 3, 5, 6, 7)));

        assertThat(floats(mean)).containsExactly(4, 5, 6);
    }

    @Test
    void shouldSumInDoublePrecision() {
        Tensor mean = FedAvgServerHandler.aggregate(List.of(uplink(0, 1, 1e8f), uplink(1, 1, 1), uplink(2, 1, -1e8f)));

        assertThat(floats(mean)).containsExactly((float) (1.0 / 3));
    }

    @Property(tries = 50)
    void shouldRoundTheExactMeanOnce(@ForAll @IntRange(min = 1, max = 20) int count, @ForAll long seed) {
        List<FedAvgUplinkPackage> uplinks = uplinks(count, seed);

        assertThat(floats(FedAvgServerHandler.aggregate(uplinks))).containsExactly(exactMean(uplinks));
    }

    private static float[] exactMean(List<FedAvgUplinkPackage> uplinks) {
        return ExactMean.of(
                uplinks.stream().map(FedAvgUplinkPackage::dataSize).toList(),
                uplinks.stream().map(uplink -> floats(uplink.parameters())).toList());
    }

    @Property(tries = 20)
    void shouldGiveTheSameBitsWhateverTheOrderOfClients(@ForAll long seed) {
        List<FedAvgUplinkPackage> uplinks = new ArrayList<>(uplinks(5, seed));
        float[] expected = exactMean(uplinks);
        Random random = new Random(seed);
        for (int round = 1; round < ROUNDS; round++) {
            Collections.shuffle(uplinks, random);
            handler.sampleClients();
            int cut = random.nextInt(uplinks.size());
            handler.loadAll(uplinks.subList(0, cut));
            assertThat(handler.loadAll(uplinks.subList(cut, uplinks.size()))).isTrue();
            assertThat(global()).containsExactly(expected);
        }
    }

    @Property(tries = 20)
    void shouldGiveTheSameBitsLoadedOneByOneAndTogether(@ForAll long seed) {
        List<FedAvgUplinkPackage> uplinks = uplinks(5, seed);
        float[] expected = floats(FedAvgServerHandler.aggregate(uplinks));

        update(handler, uplinks);
        assertThat(global()).containsExactly(expected);

        update(handler, uplinks(5, seed + 1));
        uplinks.forEach(handler::load);
        assertThat(global()).containsExactly(expected);

        List<FedAvgUplinkPackage> before = uplinks(5, seed + 2);
        before.subList(0, 3).forEach(handler::load);
        assertThat(handler.loadAll(before.subList(3, 5))).isTrue();
        assertThat(handler.loadAll(uplinks.subList(0, 2))).isFalse();
        assertThat(handler.loadAll(uplinks.subList(2, 5))).isTrue();
        assertThat(global()).containsExactly(expected);
    }

    @Test
    void shouldTakeParametersOfAnyStrides() {
        try (Tensor wide = torch.rand(new long[] {NUMEL, 2});
                Tensor column = wide.select(1, 1);
                Tensor dense = column.contiguous()) {
            update(handler, List.of(new FedAvgUplinkPackage(0, column, 2, Map.of())));

            assertThat(global()).containsExactly(floats(dense));
        }
    }

    @Test
    void shouldChangeTheHashIfOneClientsPackageIsReplaced() {
        List<FedAvgUplinkPackage> uplinks = uplinks(5, 1);
        update(handler, uplinks);
        String before = handler.sha256();
        update(handler, uplinks);
        assertThat(handler.sha256()).isEqualTo(before);

        uplinks.set(3, new FedAvgUplinkPackage(3, uplinks(4, 2).get(3).parameters(), 10, Map.of()));
        update(handler, uplinks);

        assertThat(handler.sha256()).isNotEqualTo(before);
    }

    // ---- rounds

    @Test
    void shouldCompleteARoundWithItsLastPackage() {
        List<FedAvgUplinkPackage> uplinks = uplinks(5, 1);

        for (FedAvgUplinkPackage uplink : uplinks.subList(0, 4)) {
            assertThat(handler.load(uplink)).isFalse();
        }
        assertThat(handler.round()).isZero();
        assertThat(handler.load(uplinks.get(4))).isTrue();
        assertThat(handler.round()).isEqualTo(1);
    }

    @Test
    void shouldLoadThePackagesBeforeOneThatDoesNotFit() {
        List<FedAvgUplinkPackage> uplinks = uplinks(5, 1);
        FedAvgUplinkPackage bad = uplink(2, 1, 1, 2);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> handler.loadAll(List.of(uplinks.get(0), uplinks.get(1), bad, uplinks.get(3))))
                .withMessageStartingWith(
                        "parameters of the wrong shape: client=2, shape=[2], expected=[" + NUMEL + "]; ");
        uplinks.subList(0, 2).forEach(FedAvgUplinkPackage::close); // loaded before the exception

        assertThat(handler.loadAll(uplinks.subList(2, 5))).isTrue();
        assertThat(global()).containsExactly(exactMean(uplinks(5, 1)));
    }

    @Test
    void shouldStartTheNextRoundInTheMiddleOfABatch() {
        List<FedAvgUplinkPackage> both = new ArrayList<>(uplinks(5, 1));
        both.addAll(uplinks(5, 2));

        assertThat(handler.loadAll(both.subList(0, 7))).isTrue();
        assertThat(global()).containsExactly(exactMean(uplinks(5, 1)));
        assertThat(handler.loadAll(both.subList(7, 10))).isTrue();
        assertThat(global()).containsExactly(exactMean(uplinks(5, 2)));
        assertThat(handler.round()).isEqualTo(2);
    }

    @Test
    void shouldStopAfterTheLastRound() {
        for (int round = 0; round < ROUNDS; round++) {
            assertThat(handler.isStopped()).isFalse();
            update(handler, uplinks(5, round));
        }
        assertThat(handler.isStopped()).isTrue();
    }

    @Test
    void shouldForgetARoundThatWasNotCompleted() {
        List<FedAvgUplinkPackage> uplinks = uplinks(5, 1);
        uplinks.subList(0, 3).forEach(handler::load);

        handler.restartRound();
        assertThat(handler.sampleClients()).containsExactly(0, 1, 2, 3, 4);
        uplinks(5, 2).forEach(handler::load);

        assertThat(global()).containsExactly(exactMean(uplinks(5, 2)));
    }

    @Test
    void shouldLeaveTheSentParametersUnchangedWhileTheNextRoundRuns() {
        Tensor sent = handler.downlinkPackage().parameters();
        float[] before = floats(sent);

        uplinks(5, 1).forEach(handler::load);

        assertThat(floats(sent)).containsExactly(before);
        assertThat(global()).isNotEqualTo(before);
    }

    @Test
    void shouldKeepTheModelWhenADownlinkPackageIsClosed() {
        float[] before = global();
        FedAvgDownlinkPackage other = handler.downlinkPackage();
        FedAvgDownlinkPackage sent = handler.downlinkPackage();

        sent.close();
        sent.close();

        assertThat(floats(other.parameters())).containsExactly(before);
        assertThat(global()).containsExactly(before);
        for (int round = 0; round < 3; round++) {
            handler.downlinkPackage().close();
            uplinks(5, round).forEach(handler::load);
        }
        assertThat(global()).containsExactly(exactMean(uplinks(5, 2)));
        assertThat(other.parameters().isNull()).isTrue();
    }

    @Test
    void shouldRefuseAClosedOrMissingPackage() {
        FedAvgUplinkPackage closed = uplink(0, 1, 1);
        closed.close();
        closed.close();

        assertThatThrownBy(() -> handler.load(closed))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("parameters closed: client=0, expected=an open tensor; load a package before it is closed");
        assertThatThrownBy(() -> FedAvgServerHandler.aggregate(List.of(closed)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("parameters closed: client=0");
        assertThatThrownBy(() -> handler.load(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("package is null: round=1; load what the trainer handed over");
    }

    @Test
    void shouldRefuseAllCallsOnceClosed() {
        FedAvgUplinkPackage uplink = uplinks(1, 1).get(0);
        handler.close();
        handler.close();

        for (ThrowingCallable use : List.<ThrowingCallable>of(
                handler::downlinkPackage,
                handler::sampleClients,
                handler::restartRound,
                () -> handler.load(uplink),
                () -> handler.drop(1),
                handler::getSummary,
                handler::evaluate,
                handler::sha256)) {
            assertThatThrownBy(use)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("handler is closed: handler=FedAvgServerHandler; make a new one, and close it after the"
                            + " last round");
        }
    }

    @Test
    void shouldKeepNoReferenceToAPackage() {
        FedAvgUplinkPackage uplink = uplinks(1, 1).get(0);
        update(handler, List.of(uplink));
        Evaluation before = handler.evaluate();
        String hash = handler.sha256();

        uplink.parameters().zero_();
        uplink.close();

        assertThat(handler.evaluate()).isEqualTo(before);
        assertThat(handler.sha256()).isEqualTo(hash);
    }

    // ---- sampling

    @Test
    void shouldSampleAnotherSetEachRound() {
        FedAvgServerHandler sampling = handler(ServerOptions.of(3, 1000).withSampleRatio(0.29));
        List<Integer> first = sampling.sampleClients();

        assertThat(first).hasSize(290).isEqualTo(sampling.sampleClients());
        update(sampling, uplinks(1, 1));
        assertThat(sampling.sampleClients()).isNotEqualTo(first);
        sampling.close();
    }

    @Test
    void shouldSampleBySeed() {
        ServerOptions options = ServerOptions.of(3, 1000).withSampleRatio(0.1);
        try (FedAvgServerHandler one = handler(options);
                FedAvgServerHandler same = handler(options);
                FedAvgServerHandler other = handler(options.withSeed(43))) {
            assertThat(one.sampleClients()).isEqualTo(same.sampleClients()).isNotEqualTo(other.sampleClients());
        }
    }

    // ---- evaluation

    @Test
    void shouldEvaluateTheMeanOverAllTestSamples() {
        float[] parameters = new float[NUMEL];
        for (int i = 0; i < NUMEL; i++) {
            parameters[i] = (i % 7 - 3) * 0.2f;
        }
        update(handler, List.of(uplink(0, 4, parameters)));

        Evaluation evaluation = handler.evaluate();

        Evaluation expected = naiveEvaluation(parameters);
        assertThat(evaluation.loss()).isCloseTo(expected.loss(), within(1e-6));
        assertThat(evaluation.accuracy()).isEqualTo(expected.accuracy());
        assertThat(evaluation.samples()).isEqualTo(30);
    }

    private Evaluation naiveEvaluation(float[] parameters) {
        float[] pixels = floats(data.whole().data());
        double loss = 0;
        int correct = 0;
        for (int n = 0; n < 30; n++) {
            double[] output = new double[Tiny.CLASSES];
            double total = 0;
            int best = 0;
            for (int k = 0; k < Tiny.CLASSES; k++) {
                output[k] = parameters[16 * Tiny.CLASSES + k];
                for (int j = 0; j < 16; j++) {
                    output[k] += parameters[16 * k + j] * pixels[16 * n + j];
                }
                total += Math.exp(output[k]);
                best = output[k] > output[best] ? k : best;
            }
            int target = (int) data.whole().targets().select(0, n).item_long();
            loss += Math.log(total) - output[target];
            correct += best == target ? 1 : 0;
        }
        return new Evaluation(loss / 30, correct / 30.0, 30);
    }

    @Test
    void shouldGiveTheSameEvaluationWithASmallerLastBatch() {
        try (FedAvgServerHandler batched = handler(ServerOptions.of(3, 5).withBatchSize(7))) {
            assertThat(batched.evaluate().loss()).isCloseTo(handler.evaluate().loss(), within(1e-6));
            assertThat(batched.evaluate().accuracy())
                    .isEqualTo(handler.evaluate().accuracy());
        }
    }

    @Test
    void shouldSummariseTheLastRound() {
        update(handler, uplinks(5, 1));
        Evaluation evaluation = handler.evaluate();

        assertThat(handler.getSummary())
                .containsExactly(
                        Map.entry("round", 1),
                        Map.entry("accuracy", evaluation.accuracy()),
                        Map.entry("loss", evaluation.loss()),
                        Map.entry(
                                "sha256",
                                Tensors.sha256(handler.downlinkPackage().parameters())));
    }

    // ---- refusals

    @Test
    void shouldRefuseAPackageThatDoesNotFitAndKeepTheSum() {
        List<FedAvgUplinkPackage> uplinks = uplinks(5, 1);
        uplinks.subList(0, 4).forEach(handler::load);

        refuses(
                () -> handler.load(uplink(4, 0, new float[NUMEL])),
                "weight out of range: client=4, weight=0.0, limit=5.421010862427522E-20 to 9.223372036854776E18; leave out"
                        + " clients that trained on nothing, or weigh them otherwise");
        refuses(
                () -> handler.load(uplink(4, 1, 1, 2)),
                "parameters of the wrong shape: client=4, shape=[2], expected=[51]; server and clients must select the"
                        + " same model");
        refuses(
                () -> handler.load(new FedAvgUplinkPackage(4, torch.zeros(NUMEL).to(ScalarType.Double), 1, Map.of())),
                "parameters of the wrong dtype: client=4, dtype=Double, expected=Float; send float32");
        refuses(
                () -> handler.load(uplink(5, 1, new float[NUMEL])),
                "no such client: cid=5, limit=0 to 4; send the id that the client was given");
        refuses(
                () -> handler.load(uplinks.get(0)),
                "client loaded twice: cid=0, round=1, expected=each client once a round; call restartRound() to repeat a round");

        handler.load(uplinks.get(4));
        assertThat(global()).containsExactly(exactMean(uplinks));
    }

    @Test
    void shouldCompleteTheRoundWithTheMeanOfTheOtherClients() {
        List<FedAvgUplinkPackage> uplinks = uplinks(5, 3);

        assertThat(handler.load(uplinks.get(4))).isFalse();
        assertThat(handler.drop(1)).isFalse();
        assertThat(handler.load(uplinks.get(0))).isFalse();
        assertThat(handler.load(uplinks.get(2))).isFalse();
        assertThat(handler.drop(3)).isTrue();

        assertThat(handler.round()).isEqualTo(1);
        assertThat(global()).containsExactly(exactMean(List.of(uplinks.get(4), uplinks.get(0), uplinks.get(2))));
        assertThat(handler.drop(3)).isFalse();
    }

    @Test
    void shouldRefuseToDropUnknownLoadedOrDroppedClients() {
        List<FedAvgUplinkPackage> uplinks = uplinks(5, 3);
        handler.load(uplinks.get(0));
        handler.drop(1);

        refuses(() -> handler.drop(-1), "no such client: cid=-1, limit=0 to 4; send the id that the client was given");
        String again = ", round=1, expected=each client once a round; call restartRound() to repeat a round";
        refuses(() -> handler.drop(0), "client dropped after it was loaded: cid=0" + again);
        refuses(() -> handler.drop(1), "client dropped twice: cid=1" + again);
        refuses(() -> handler.load(uplinks.get(1)), "client loaded after it was dropped: cid=1" + again);

        handler.load(uplinks.get(2));
        handler.load(uplinks.get(3));
        assertThat(handler.load(uplinks.get(4))).isTrue();
        assertThat(global())
                .containsExactly(exactMean(List.of(uplinks.get(0), uplinks.get(2), uplinks.get(3), uplinks.get(4))));
    }

    @Test
    void shouldRefuseToDropTheLastClientOfARound() {
        for (int cid = 0; cid < 4; cid++) {
            assertThat(handler.drop(cid)).isFalse();
        }

        assertThatIllegalStateException()
                .isThrownBy(() -> handler.drop(4))
                .withMessage("all clients dropped: cid=4, round=1, limit=1 or more of 5 that are not dropped; call"
                        + " restartRound() to repeat the round");

        FedAvgUplinkPackage last = uplink(4, 2, new float[NUMEL]);
        assertThat(handler.load(last)).isTrue();
    }

    @Test
    void shouldKeepTheModelIfOneOfAListDoesNotFit() {
        String before = handler.sha256();
        List<FedAvgUplinkPackage> uplinks = List.of(uplinks(1, 1).get(0), uplink(1, 1, 1, 2));

        assertThatIllegalArgumentException().isThrownBy(() -> update(handler, uplinks));

        assertThat(handler.sha256()).isEqualTo(before);
        assertThat(handler.round()).isZero();
    }

    @Test
    void shouldRefuseToAggregateNoPackages() {
        refuses(() -> FedAvgServerHandler.aggregate(List.of()), "nothing to aggregate: packages=0, limit=1 or more");
    }

    @Test
    void shouldRefuseDataWithoutTestSamples() {
        InMemoryPartitionedDataset<PartitionType> empty = new InMemoryPartitionedDataset<>();
        ServerOptions options = ServerOptions.of(1, 1);
        Tiny.Selector selector = new Tiny.Selector(1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new FedAvgServerHandler(selector, Tiny.LINEAR, empty, options))
                .withMessageStartingWith("no such data: type=TEST");

        empty.setDataset(PartitionType.TEST, new TensorDataset(torch.zeros(0, 1, 4, 4), torch.zeros(0)));
        refuses(
                () -> new FedAvgServerHandler(selector, Tiny.LINEAR, empty, options),
                "no test samples: size=0, limit=1 or more; set the common TEST data set to some");
    }

    @Test
    void shouldRefuseADeviceThatDoesNotExist() {
        ServerOptions options = ServerOptions.of(1, 1).withDevice(new Device("cuda", 4000));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> handler(options))
                .withMessageStartingWith(
                        Device.cudaDevices() > 0
                                ? "no such CUDA device: device=cuda:4000, limit="
                                : CudaState.current().refusal("cuda:4000"));
    }

    private static void refuses(ThrowingCallable call, String message) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }
}
