package org.blazefl4j.federation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.blazefl4j.federation.FederationRuns.CLIENTS;
import static org.blazefl4j.federation.FederationRuns.fedAvg;
import static org.blazefl4j.federation.FederationRuns.hashes;
import static org.blazefl4j.federation.FederationRuns.model;
import static org.blazefl4j.torch.Elements.floats;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.data.Transform;
import org.blazefl4j.federation.algorithm.Algorithms;
import org.blazefl4j.federation.sampling.Samplers;
import org.blazefl4j.trainer.ExecutionMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** The loss and the gradient that an objective can ask for, over all of a client's samples. */
final class LocalGradientTest {

    private static final ThreadLocal<Map<Integer, float[]>> GRADIENTS = ThreadLocal.withInitial(HashMap::new);
    private static final ThreadLocal<Map<Integer, double[]>> SLOPES = ThreadLocal.withInitial(HashMap::new);

    record Whole() implements LocalObjective {

        @Override
        public void train(LocalRun run) {
            GRADIENTS.get().put(run.cid(), floats(run.gradient(run.start())));
            run.result().copy_(run.start());
        }
    }

    /** More samples than a batch has, so that batches must count by their samples. */
    @Test
    void shouldBeTheMeanOverAllSamplesHoweverTheyAreDivided() {
        List<long[]> parts = List.of(range(0, 260), range(0, 250), range(250, 260));
        try (TinyData data = TinyData.of(260, parts)) {
            model(Federation.of(new Tiny.Selector(1), Tiny.LINEAR, data.partitions(), ServerOptions.of(1, 3))
                    .objective(new Whole()));
            float[] whole = GRADIENTS.get().get(0);
            float[] most = GRADIENTS.get().get(1);
            float[] rest = GRADIENTS.get().get(2);
            for (int i = 0; i < whole.length; i++) {
                assertThat((double) whole[i]).isCloseTo((250.0 * most[i] + 10.0 * rest[i]) / 260, within(1e-7));
                assertThat(rest[i]).isNotEqualTo(most[i]);
            }
        } finally {
            GRADIENTS.remove();
        }
    }

    private static long[] range(long from, long to) {
        return LongStream.range(from, to).toArray();
    }

    /** Steps along the gradient, and compares how the loss falls. */
    record Slope() implements LocalObjective {

        @Override
        public void train(LocalRun run) {
            run.training().run();
            Tensor at = run.result().clone();
            Tensor gradient = run.gradient(at);
            double square = gradient.square().sum().item_double();
            Tensor step = gradient.mul(new Scalar(1e-3 / Math.sqrt(square)));
            double fall = (run.loss(at.add(step)) - run.loss(at.sub(step))) / 2e-3;
            SLOPES.get().put(run.cid(), new double[] {fall, Math.sqrt(square)});
            Tensor outside = gradient.clone();
            run.zeroFixed(outside);
            assertThat(outside.equal(gradient)).as("zero at buffers").isTrue();
        }
    }

    @Test
    void shouldBeTheSlopeOfTheLoss() {
        for (Tiny model : Tiny.values()) {
            try (TinyData data = TinyData.evenly(60, CLIENTS)) {
                model(fedAvg(model, data, 1).objective(new Slope()));
                assertThat(SLOPES.get()).hasSize(4);
                SLOPES.get()
                        .values()
                        .forEach(slope -> assertThat(slope[0]).isCloseTo(slope[1], within(0.02 * slope[1])));
            } finally {
                SLOPES.remove();
            }
        }
    }

    /** Asks for both before, between and after two trainings, one of which is not sent. */
    record Asking() implements LocalObjective {

        @Override
        public void train(LocalRun run) {
            Tensor before = run.gradient(run.start());
            run.training().to(run.newVector()).streams("other-").run();
            run.training().run();
            run.send("loss", run.loss(run.result()));
            Tensor after = run.gradient(run.start());
            if (!before.equal(after)) {
                throw new AssertionError("another gradient");
            }
        }
    }

    @Test
    void shouldNotDisturbTrainings() {
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            Federation plain = fedAvg(Tiny.CONVOLUTION, data, 3).local(new SgdOptions(2, 4, 0.05));
            Federation asking = plain.objective(new Asking());
            List<String> expected = hashes(plain);
            assertThat(hashes(asking)).isEqualTo(expected);
            assertThat(hashes(asking, ExecutionMode.MULTI_THREADED, 3)).isEqualTo(expected);
        }
    }

    // ---- random transforms

    /** The samples are the same at each call, or else the slope would be that between them. */
    @Test
    void shouldBeTheSlopeOfTheLossOfSamplesThatAreTransformedAtRandom() {
        try (TinyData data = flipped()) {
            model(fedAvg(Tiny.LINEAR, data, 1).objective(new Slope()));
            assertThat(SLOPES.get()).hasSize(4);
            SLOPES.get().values().forEach(slope -> assertThat(slope[0]).isCloseTo(slope[1], within(0.02 * slope[1])));
        } finally {
            SLOPES.remove();
        }
    }

    private static TinyData flipped() {
        return TinyData.evenly(60, CLIENTS).transformed(Transform.randomHorizontalFlip(0.5));
    }

    @Test
    void shouldGiveTheSameBitsWithRandomTransformsInThreads() {
        try (TinyData data = flipped()) {
            Federation plain = fedAvg(Tiny.CONVOLUTION, data, 2);
            assertThat(hashes(plain.objective(new Asking()))).isEqualTo(hashes(plain));
            for (Federation asking : List.of(
                    plain.sampler(Samplers.powerOfChoice(CLIENTS)),
                    plain.with(Algorithms.ifca(2, Weighting.BY_SAMPLES)),
                    plain.with(Algorithms.scaffoldWithFullGradients(1, Weighting.UNIFORM)))) {
                assertThat(hashes(asking, ExecutionMode.MULTI_THREADED, 3)).isEqualTo(hashes(asking));
            }
        }
    }
}
