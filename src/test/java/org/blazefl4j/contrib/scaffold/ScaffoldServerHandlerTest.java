package org.blazefl4j.contrib.scaffold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;
import static org.blazefl4j.torch.Elements.floats;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.blazefl4j.contrib.common.ExactMean;
import org.blazefl4j.contrib.common.MemoryCheckpoint;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.contrib.common.WholeRounds;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.contrib.fedavg.FedAvgUplinkPackage;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.model.Model;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ScaffoldServerHandlerTest {

    private static final int NUMEL = 16 * 3 + 3;
    private static final int[] SIZES = {2, 4, 6, 8, 10};
    private static final int ALL_SAMPLES = Arrays.stream(SIZES).sum();
    private static final Tiny.Selector SELECTOR = new Tiny.Selector(1);
    private static final ScaffoldServerHandler.Options OPTIONS =
            ScaffoldServerHandler.Options.of(ServerOptions.of(20, SIZES.length));

    private TinyData data;
    private ScaffoldServerHandler handler;

    @BeforeEach
    @BeforeProperty
    void open() {
        data = TinyData.of(ALL_SAMPLES, parts());
        handler = handler(Tiny.LINEAR, OPTIONS);
    }

    @AfterEach
    @AfterProperty
    void close() {
        handler.close();
        data.close();
    }

    private static List<long[]> parts() {
        List<long[]> parts = new ArrayList<>();
        int from = 0;
        for (int size : SIZES) {
            parts.add(IntStream.range(from, from + size).asLongStream().toArray());
            from += size;
        }
        return parts;
    }

    private ScaffoldServerHandler handler(Tiny model, ScaffoldServerHandler.Options options) {
        return new ScaffoldServerHandler(SELECTOR, model, data.partitions(), options);
    }

    private static ScaffoldUplinkPackage uplink(int cid, Tensor parameters, Tensor delta) {
        return new ScaffoldUplinkPackage(cid, parameters, delta, SIZES[cid], Map.of());
    }

    private static ScaffoldUplinkPackage uplink(int cid, SplittableRandom random) {
        return uplink(cid, Tensors.of(randomFloats(random)), Tensors.of(randomFloats(random)));
    }

    private static List<ScaffoldUplinkPackage> uplinks(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return IntStream.range(0, SIZES.length)
                .mapToObj(cid -> uplink(cid, random))
                .toList();
    }

    /** Returns values of widely different magnitude. */
    private static float[] randomFloats(SplittableRandom random) {
        float[] values = new float[NUMEL];
        for (int i = 0; i < NUMEL; i++) {
            values[i] = (float) ((random.nextDouble() - 0.5) * Math.pow(10, random.nextInt(12) - 6));
        }
        return values;
    }

    private static Tensor vectorOf(float value) {
        float[] values = new float[NUMEL];
        Arrays.fill(values, value);
        return Tensors.of(values);
    }

    private float[] control() {
        return floats(handler.downlinkPackage().control());
    }

    private float[] global() {
        return floats(handler.downlinkPackage().parameters());
    }

    // ---- the model

    @Property(tries = 20)
    void shouldMoveToFederatedAveragingsMeanBitForBit(@ForAll long seed) {
        try (FedAvgServerHandler fedAvg =
                new FedAvgServerHandler(SELECTOR, Tiny.LINEAR, data.partitions(), OPTIONS.common())) {
            List<ScaffoldUplinkPackage> uplinks = uplinks(seed);
            uplinks.forEach(handler::load);
            uplinks.forEach(u -> fedAvg.load(new FedAvgUplinkPackage(u.cid(), u.parameters(), u.dataSize(), Map.of())));

            assertThat(handler.sha256()).isEqualTo(fedAvg.sha256());
        }
    }

    private static void update(ScaffoldServerHandler handler, List<ScaffoldUplinkPackage> uplinks) {
        WholeRounds.update(handler, ScaffoldUplinkPackage::cid, uplinks);
    }

    @Test
    void shouldScaleParameterStepsByTheGlobalLearningRate() {
        try (ScaffoldServerHandler fast = handler(Tiny.CONVOLUTION, OPTIONS.withGlobalLr(1.5));
                Model model = SELECTOR.selectModel(Tiny.CONVOLUTION);
                FlatParameters state = FlatParameters.of(model)) {
            Tensor buffers = torch.ones(state.numel());
            buffers.sub_(parametersOf(state));
            float[] isBuffer = floats(buffers);
            float[] before = floats(fast.downlinkPackage().parameters());
            float[] mean = new float[before.length];
            for (int i = 0; i < mean.length; i++) {
                mean[i] = i * 0.25f;
            }

            update(fast, List.of(uplink(3, Tensors.of(mean), torch.zeros(mean.length))));

            float[] after = floats(fast.downlinkPackage().parameters());
            for (int i = 0; i < mean.length; i++) {
                float expected = isBuffer[i] == 1 ? mean[i] : before[i] + 1.5f * (mean[i] - before[i]);
                assertThat(after[i]).as(state.names() + " at " + i).isCloseTo(expected, within(1e-4f));
            }
            assertThat(isBuffer).contains(0, 1);
        }
    }

    /** Returns ones at parameters and zeroes at buffers. */
    private static Tensor parametersOf(FlatParameters state) {
        Tensor mask = torch.ones(state.numel());
        state.zeroFixed(mask);
        return mask;
    }

    // ---- the control variate

    @Test
    void shouldBeZeroBeforeTheFirstRound() {
        assertThat(control()).containsOnly(0).hasSize(NUMEL);
    }

    /** Runs rounds with some of the clients each. */
    @Property(tries = 20)
    void shouldStayTheWeightedMeanOfAllClientsControlVariates(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Integer> weights = new ArrayList<>();
        List<float[]> changes = new ArrayList<>();
        for (int round = 0; round < 10; round++) {
            List<ScaffoldUplinkPackage> uplinks = new ArrayList<>();
            for (int cid = 0; cid < SIZES.length; cid++) {
                if (random.nextBoolean() || cid == round % SIZES.length) {
                    ScaffoldUplinkPackage uplink = uplink(cid, random);
                    uplinks.add(uplink);
                    weights.add(SIZES[cid]);
                    changes.add(floats(uplink.controlDelta()));
                }
            }
            update(handler, uplinks);
        }
        float[] expected = new float[NUMEL];
        for (int i = 0; i < NUMEL; i++) {
            expected[i] = (float) (ExactMean.sum(weights, changes, i).doubleValue() / ALL_SAMPLES);
        }
        assertThat(control()).containsExactly(expected);
        handler.close();
        handler = handler(Tiny.LINEAR, OPTIONS);
    }

    @Test
    void shouldWeightChangesByTheShareOfAllSamples() {
        update(handler, List.of(uplink(4, torch.zeros(NUMEL), torch.ones(NUMEL))));

        assertThat(control()).containsOnly(10f / 30);
    }

    /** The paper's step ignores sizes: means over the round's clients, changes over the whole federation. */
    @Test
    void shouldWeightAllClientsEquallyIfAsked() {
        try (ScaffoldServerHandler uniform = handler(Tiny.LINEAR, OPTIONS.withWeighting(Weighting.UNIFORM))) {
            for (int round = 0; round < 2; round++) {
                update(uniform, List.of(uplink(0, vectorOf(1), vectorOf(2)), uplink(4, vectorOf(4), vectorOf(6))));
            }

            assertThat(floats(uniform.downlinkPackage().parameters())).containsOnly(2.5f);
            assertThat(floats(uniform.downlinkPackage().control())).containsOnly(2 * 8 / 5f);
        }
    }

    @Test
    void shouldRefuseACheckpointOfAnotherWeighting() {
        MemoryCheckpoint saved = new MemoryCheckpoint();
        handler.save(saved);

        try (ScaffoldServerHandler uniform = handler(Tiny.LINEAR, OPTIONS.withWeighting(Weighting.UNIFORM))) {
            refuses(
                    () -> uniform.restore(saved),
                    "control variate of another weighting: weighting=uniform, expected=by-samples; resume with the"
                            + " weighting that was saved");
        }
    }

    // ---- rounds

    @Property(tries = 20)
    void shouldGiveTheSameBitsLoadedOneByOneAndTogether(@ForAll long seed) {
        try (ScaffoldServerHandler other = handler(Tiny.LINEAR, OPTIONS)) {
            update(other, uplinks(seed));
            uplinks(seed).subList(0, 2).forEach(handler::load);
            handler.loadAll(uplinks(seed).subList(2, SIZES.length));

            assertThat(handler.round()).isEqualTo(1);
            assertThat(handler.sha256()).isEqualTo(other.sha256());
            assertThat(control()).containsExactly(floats(other.downlinkPackage().control()));
        }
        handler.close();
        handler = handler(Tiny.LINEAR, OPTIONS);
    }

    @Test
    void shouldCompleteARoundWithItsLastPackage() {
        List<ScaffoldUplinkPackage> uplinks = uplinks(1);

        for (ScaffoldUplinkPackage uplink : uplinks.subList(0, 4)) {
            assertThat(handler.load(uplink)).isFalse();
        }
        assertThat(handler.round()).isZero();
        assertThat(handler.load(uplinks.get(4))).isTrue();
        assertThat(handler.round()).isEqualTo(1);
    }

    @Test
    void shouldForgetARoundThatWasNotCompleted() {
        uplinks(1).subList(0, 3).forEach(handler::load);
        handler.restartRound();
        assertThat(handler.sampleClients()).containsExactly(0, 1, 2, 3, 4);
        uplinks(2).forEach(handler::load);

        try (ScaffoldServerHandler other = handler(Tiny.LINEAR, OPTIONS)) {
            update(other, uplinks(2));
            assertThat(handler.sha256()).isEqualTo(other.sha256());
            assertThat(control()).containsExactly(floats(other.downlinkPackage().control()));
        }
    }

    @Test
    void shouldKeepItsTensorsWhenADownlinkPackageIsClosed() {
        update(handler, uplinks(1));
        float[] control = control();
        float[] parameters = global();

        handler.downlinkPackage().close();

        assertThat(control()).containsExactly(control);
        assertThat(global()).containsExactly(parameters);
        update(handler, uplinks(2));
        update(handler, uplinks(3));
    }

    @Test
    void shouldLeaveSentTensorsUnchangedWhileTheNextRoundRuns() {
        update(handler, uplinks(1));
        ScaffoldDownlinkPackage sent = handler.downlinkPackage();
        float[] parameters = floats(sent.parameters());
        float[] control = floats(sent.control());

        uplinks(2).forEach(handler::load);

        assertThat(floats(sent.parameters())).containsExactly(parameters);
        assertThat(floats(sent.control())).containsExactly(control);
        assertThat(global()).isNotEqualTo(parameters);
        assertThat(control()).isNotEqualTo(control);
    }

    @Test
    void shouldCompleteARoundWithoutTheDroppedClients() {
        List<ScaffoldUplinkPackage> uplinks = uplinks(3);
        List<ScaffoldUplinkPackage> others = List.of(uplinks.get(0), uplinks.get(2), uplinks.get(4));

        others.subList(0, 2).forEach(handler::load);
        assertThat(handler.drop(1)).isFalse();
        assertThat(handler.load(uplinks.get(4))).isFalse();
        assertThat(handler.drop(3)).isTrue();

        try (ScaffoldServerHandler other = handler(Tiny.LINEAR, OPTIONS)) {
            update(other, others);
            assertThat(handler.round()).isEqualTo(1);
            assertThat(handler.sha256()).isEqualTo(other.sha256());
            assertThat(control()).containsExactly(floats(other.downlinkPackage().control()));
        }
    }

    @Test
    void shouldSummariseTheLastRound() {
        update(handler, uplinks(1));

        assertThat(handler.getSummary())
                .containsExactly(
                        Map.entry("round", 1),
                        Map.entry("accuracy", handler.evaluate().accuracy()),
                        Map.entry("loss", handler.evaluate().loss()),
                        Map.entry(
                                "sha256",
                                Tensors.sha256(handler.downlinkPackage().parameters())));
    }

    @Test
    void shouldStopAfterTheLastRound() {
        for (int round = 0; round < OPTIONS.common().globalRound(); round++) {
            assertThat(handler.isStopped()).isFalse();
            update(handler, uplinks(round));
        }
        assertThat(handler.isStopped()).isTrue();
    }

    // ---- checkpoints

    @Test
    void shouldContinueFromACheckpointWithTheSameBits() {
        MemoryCheckpoint saved = new MemoryCheckpoint();
        update(handler, uplinks(1));
        update(handler, uplinks(2));
        handler.save(saved);

        try (ScaffoldServerHandler resumed = handler(Tiny.LINEAR, OPTIONS)) {
            resumed.load(uplinks(7).get(0)); // this round ends with the restore
            resumed.restore(saved);

            assertThat(resumed.round()).isEqualTo(2);
            assertThat(resumed.evaluate()).isEqualTo(handler.evaluate());
            assertThat(floats(resumed.downlinkPackage().control())).containsExactly(control());
            update(handler, uplinks(3));
            uplinks(3).forEach(resumed::load);
            assertThat(resumed.sha256()).isEqualTo(handler.sha256());
            assertThat(floats(resumed.downlinkPackage().control())).containsExactly(control());
        }
    }

    @Test
    void shouldRefuseACheckpointThatDoesNotFit() {
        MemoryCheckpoint saved = new MemoryCheckpoint();
        handler.save(saved);

        refuses(
                () -> handler.restore(saved.with("round", 21)),
                "completed rounds out of range: rounds=21, limit=0 to 20; resume with the options of the saved run");
        refuses(
                () -> handler.restore(saved.with("parameters", torch.zeros(3))),
                "parameters of another model: shape=[3], dtype=Float, expected=[51], Float; resume with the model that"
                        + " was saved");
        refuses(
                () -> handler.restore(saved.with("control", torch.zeros(NUMEL))),
                "sum of control variate: shape=[51], dtype=Float, expected=Double of shape [parts] and [51]; restore what"
                        + " this version saved for the same model");
    }

    // ---- refusals

    @Test
    void shouldRefuseAPackageThatDoesNotFitAndKeepTheSums() {
        List<ScaffoldUplinkPackage> uplinks = uplinks(1);
        uplinks.subList(0, 4).forEach(handler::load);
        Tensor vector = torch.zeros(NUMEL);

        refuses(
                () -> handler.load(new ScaffoldUplinkPackage(4, vector, vector, 11, Map.of())),
                "data size of another client: client=4, data_size=11, expected=10; give server and clients the same data");
        refuses(
                () -> handler.load(uplink(4, torch.zeros(2), vector)),
                "parameters of the wrong shape: client=4, shape=[2], expected=[51]; server and clients must select the"
                        + " same model");
        refuses(
                () -> handler.load(uplink(4, vector, torch.zeros(2))),
                "control variate of the wrong shape: client=4, shape=[2], expected=[51]; server and clients must select"
                        + " the same model");
        refuses(
                () -> handler.load(uplink(4, vector, vector.to(ScalarType.Double))),
                "control variate of the wrong dtype: client=4, dtype=Double, expected=Float; send float32");
        refuses(
                () -> handler.load(new ScaffoldUplinkPackage(5, vector, vector, 1, Map.of())),
                "no such client: cid=5, limit=0 to 4; send the id that the client was given");
        refuses(
                () -> handler.load(uplinks.get(0)),
                "client loaded twice: cid=0, round=1, expected=each client once a round; call restartRound() to repeat a round");

        assertThat(handler.load(uplinks.get(4))).isTrue();
        try (ScaffoldServerHandler other = handler(Tiny.LINEAR, OPTIONS)) {
            update(other, uplinks);
            assertThat(handler.sha256()).isEqualTo(other.sha256());
            assertThat(control()).containsExactly(floats(other.downlinkPackage().control()));
        }
    }

    @Test
    void shouldKeepModelAndControlVariateIfOneOfAListDoesNotFit() {
        String before = handler.sha256();
        ScaffoldUplinkPackage good = uplinks(1).get(0);

        refuses(
                () -> update(handler, List.of(good, good)),
                "client loaded twice: cid=0, round=1, expected=each client once a round; call restartRound() to repeat a round");

        assertThat(handler.sha256()).isEqualTo(before);
        assertThat(control()).containsOnly(0);
        assertThat(handler.round()).isZero();
        update(handler, List.of(uplink(4, torch.zeros(NUMEL), torch.ones(NUMEL))));
        assertThat(control()).containsOnly(10f / 30);
    }

    @Test
    void shouldRefuseToDropTheLastClientOfARound() {
        IntStream.range(0, 4).forEach(cid -> assertThat(handler.drop(cid)).isFalse());

        assertThatIllegalStateException()
                .isThrownBy(() -> handler.drop(4))
                .withMessageStartingWith("all clients dropped: cid=4, round=1, limit=1 or more of 5");
        assertThat(handler.load(uplinks(1).get(4))).isTrue();
    }

    @Test
    void shouldRefuseAFederationWithoutTheDataOfAClient() {
        ScaffoldServerHandler.Options more = ScaffoldServerHandler.Options.of(ServerOptions.of(1, SIZES.length + 1));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> handler(Tiny.LINEAR, more))
                .withMessageStartingWith("no such data: type=TRAIN, client=5, found=");
    }

    private static void refuses(ThrowingCallable call, String message) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }
}
