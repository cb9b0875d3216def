package org.blazefl4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.LongStream;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SyntheticDataTest {

    private final PointerScope scope = new PointerScope();

    @AfterEach
    void leave() {
        scope.close();
    }

    @Test
    void shouldGiveEachSampleToOneClientNineTenthsForTraining() {
        try (SyntheticData data = SyntheticData.of(1, 1, 30, 7)) {
            long total = data.inputs().size(0);
            assertThat(data.inputs().shape()).containsExactly(total, SyntheticData.INPUTS);
            assertThat(data.samples().size()).isEqualTo(total);
            long[] all = LongStream.concat(Arrays.stream(data.allTrain()), Arrays.stream(data.allTest()))
                    .sorted()
                    .toArray();
            assertThat(all).isEqualTo(LongStream.range(0, total).toArray());
            for (int k = 0; k < 30; k++) {
                int size = data.train().get(k).length + data.test().get(k).length;
                assertThat(size).isGreaterThanOrEqualTo(50);
                assertThat(data.train().get(k)).hasSize(size * 9 / 10);
            }
        }
    }

    /** Pins the documented numbers: they must not change between versions or machines. */
    @Test
    void shouldKeepItsBitsInEveryVersion() {
        try (SyntheticData data = SyntheticData.of(0.5, 0.5, 3, 42)) {
            assertThat(Tensors.sha256(List.of(data.inputs(), data.classes())))
                    .isEqualTo("ac3901267e0daf001b41e3fb454f7e99cf9cf68a5cacfd1309373af2a516cbea");
        }
    }

    @Test
    void shouldDrawSizesFromALogNormalDistribution() {
        try (SyntheticData data = SyntheticData.of(0, 0, 200, 1)) {
            double[] logs = data.train().stream()
                    .mapToDouble(part -> Math.log(Math.max(1, part.length / 0.9 - 50)))
                    .sorted()
                    .toArray();
            assertThat(logs[100]).isCloseTo(4, within(0.4)); // the median's deviation is 0.18
            assertThat(logs[168] - logs[31]).isCloseTo(4, within(0.8)); // twice the deviation, from 16 % to 84 %
        }
    }

    @Test
    void shouldDrawInputsAroundTheClientsMeanWithFallingVariances() {
        try (SyntheticData data = SyntheticData.of(1, 1, 30, 3)) {
            Tensor ofLargest = ofClient(data, largest(data));
            for (int j : new int[] {0, 1, 9, 59}) {
                double expected = Math.pow(j + 1, -1.2);
                double variance = ofLargest.select(1, j).var().item_double();
                assertThat(variance).isCloseTo(expected, within(0.2 * expected));
            }
        }
    }

    @Test
    void shouldSpreadClientsMeanInputsByBeta() {
        // A client's mean over all elements has the variance beta² + 1/60, and little of its samples.
        assertThat(deviationOfMeans(0)).isCloseTo(Math.sqrt(1 / 60.0), within(0.04));
        assertThat(deviationOfMeans(2)).isCloseTo(2, within(0.5));
    }

    private double deviationOfMeans(double beta) {
        try (SyntheticData data = SyntheticData.of(0, beta, 50, 5)) {
            return deviation(data, part -> part.mean().item_double());
        }
    }

    private double deviation(SyntheticData data, ToDoubleFunction<Tensor> of) {
        double[] values = new double[data.train().size()];
        Arrays.setAll(values, k -> of.applyAsDouble(ofClient(data, k)));
        double mean = Arrays.stream(values).average().orElseThrow();
        return Math.sqrt(Arrays.stream(values)
                .map(v -> (v - mean) * (v - mean))
                .average()
                .orElseThrow());
    }

    @Test
    void shouldLabelByALinearFunctionOfTheClient() {
        try (SyntheticData data = SyntheticData.of(1, 1, 30, 9);
                IntraOpThreads threads = IntraOpThreads.scope(1);
                Model model = ModelName.LOGISTIC.create(1, 1, SyntheticData.INPUTS, SyntheticData.CLASSES);
                FlatParameters flat = FlatParameters.of(model)) {
            int k = largest(data);
            Tensor x = ofClient(data, k).narrow(0, 0, 500);
            Tensor y = data.classes().narrow(0, data.train().get(k)[0], 500);
            flat.bind(flat.flatten());
            for (int step = 0; step < 200; step++) {
                try (PointerScope stepScope = new PointerScope()) {
                    flat.zeroGradients();
                    torch.cross_entropy(model.forward(x), y).backward();
                    flat.sgdStep(0.5);
                }
            }
            Tensor right = model.forward(x).argmax(new LongOptional(1), false).eq(y);
            assertThat(right.to(ScalarType.Float).mean().item_double()).isGreaterThan(0.93);
        }
    }

    private static int largest(SyntheticData data) {
        int best = 0;
        for (int k = 1; k < data.train().size(); k++) {
            best = data.train().get(k).length > data.train().get(best).length ? k : best;
        }
        return best;
    }

    private static Tensor ofClient(SyntheticData data, int k) {
        return data.inputs().index_select(0, Tensors.of(data.train().get(k)));
    }

    @Test
    void shouldRefuseNumbersOutOfRange() {
        assertThatThrownBy(() -> SyntheticData.of(-1, 1, 30, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("deviation out of range: alpha=-1.0, limit=0 or more and finite");
        assertThatThrownBy(() -> SyntheticData.of(1, Double.NaN, 30, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("deviation out of range: beta=NaN, limit=0 or more and finite");
        assertThatThrownBy(() -> SyntheticData.of(1, 1, 0, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "number of clients: clients=0, limit=1 to 715827 (each has at least 50 samples); change it");
        assertThatThrownBy(() -> SyntheticData.of(1, 1, Integer.MAX_VALUE, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("number of clients: clients=2147483647, limit=1 to 715827 (each has at least 50 samples);"
                        + " change it");
    }
}
