package org.blazefl4j.federation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.blazefl4j.federation.FederationRuns.fedAvg;
import static org.blazefl4j.federation.FederationRuns.hashes;
import static org.blazefl4j.torch.Elements.floats;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.federation.algorithm.Algorithms;
import org.blazefl4j.trainer.ExecutionMode;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients that weigh otherwise than by samples or equally. */
final class WeightingTest {

    private static final Weighting BY_QUALITY = Weighting.byNumber("quality");

    private final TinyData data = TinyData.of(60, triangle());

    /** Gives each client one sample more than the last. */
    private static List<long[]> triangle() {
        return IntStream.rangeClosed(1, FederationRuns.CLIENTS)
                .mapToObj(size -> LongStream.range(size * 8, size * 9).toArray())
                .toList();
    }

    @AfterEach
    void close() {
        data.close();
    }

    /** Sends how many samples it has. */
    record Counted() implements LocalObjective {

        @Override
        public void train(LocalRun run) {
            run.send("quality", run.config().dataset().size());
            run.training().run();
        }
    }

    private static ModelUpdate update(int cid, long dataSize, Map<String, Double> numbers, float... values) {
        return new ModelUpdate(cid, Tensor.create(values), false, dataSize, List.of(), numbers, Map.of());
    }

    private static Aggregation.Aggregator mean(Weighting weighting, int numel) {
        return new MeanAggregator(ServerOptions.of(1, 2), numel, weighting);
    }

    @Test
    void shouldWeighByAFormula() {
        try (var mean = mean((dataSize, numbers) -> Math.sqrt(dataSize), 2);
                Tensor sent = Tensor.create(0f, 0f);
                Tensor out = Tensor.create(0f, 0f)) {
            mean.add(update(0, 9, Map.of(), 1, 8));
            mean.add(update(1, 25, Map.of(), 9, 16));
            mean.model(sent, out);
            assertThat(floats(out)).containsExactly((3 * 1 + 5 * 9) / 8f, (3 * 8 + 5 * 16) / 8f);
        }
    }

    @Test
    void shouldWeighByANumberThatClientsSend() {
        Federation bySamples = fedAvg(Tiny.CONVOLUTION, data, 2).objective(new Counted());
        List<String> expected = hashes(bySamples);
        assertThat(expected).isNotEqualTo(hashes(bySamples.weighting(Weighting.UNIFORM)));
        assertThat(hashes(bySamples.weighting(BY_QUALITY))).isEqualTo(expected);
        assertThat(hashes(bySamples.weighting(BY_QUALITY), ExecutionMode.MULTI_THREADED, 2))
                .isEqualTo(expected);
    }

    @Test
    void shouldRefuseWeightsThatNoSumTakes() {
        try (var mean = mean(BY_QUALITY, 1)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> mean.add(update(4, 1, Map.of("loss", 1.0), 1)))
                    .withMessage("no number to weigh by: number=quality, sent=[loss], expected=quality of each client;"
                            + " send it by LocalRun.send, or weigh by samples");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> mean.add(update(4, 1, Map.of("quality", -1.0), 1)))
                    .withMessageStartingWith("weight out of range: client=4, weight=-1.0, limit=");
        }
    }

    @Test
    void shouldRefuseWeightsThatScaffoldCannotKnowBefore() {
        Federation unknown = fedAvg(Tiny.CONVOLUTION, data, 1).with(Algorithms.scaffold(1, BY_QUALITY));
        assertThatIllegalArgumentException()
                .isThrownBy(unknown::handler)
                .withMessageStartingWith("no number to weigh by: number=quality, sent=[],");
    }

    @Test
    void shouldRefuseWeightsThatFedDynCannotUse() {
        for (double wrong : new double[] {0, -0.5, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> fedAvg(Tiny.CONVOLUTION, data, 1)
                            .with(Algorithms.fedDyn(0.1, (dataSize, numbers) -> wrong)))
                    .withMessageStartingWith("weight out of range: client=0, data_size=1, weight=" + wrong
                            + ", limit=above 0 and finite; ");
        }
    }
}
