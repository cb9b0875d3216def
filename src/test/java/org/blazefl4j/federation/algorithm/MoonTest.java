package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.blazefl4j.federation.FederationRuns.CLIENTS;
import static org.blazefl4j.federation.FederationRuns.fedAvg;
import static org.blazefl4j.federation.FederationRuns.hashes;
import static org.blazefl4j.federation.FederationRuns.initial;
import static org.blazefl4j.federation.FederationRuns.model;

import java.util.List;
import java.util.function.ToDoubleFunction;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.model.Model;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** MOON follows the gradient of its objective, and is federated averaging where the paper says so. */
final class MoonTest {

    // ---- identities

    @Test
    void shouldBeFederatedAveragingWithoutStrength() {
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            Federation fedAvg = fedAvg(Tiny.CONVOLUTION, data, 3);
            List<String> expected = hashes(fedAvg);
            assertThat(fedAvg.with(Algorithms.moon(0, 0.5))).isSameAs(fedAvg);
            assertThat(hashes(fedAvg.objective(new Contrastive(0, 0.5)))).isEqualTo(expected);
        }
    }

    @Test
    void shouldBeFederatedAveragingInAClientsFirstRound() {
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            List<String> expected = hashes(fedAvg(Tiny.CONVOLUTION, data, 2));
            List<String> found = hashes(fedAvg(Tiny.CONVOLUTION, data, 2).with(Algorithms.moon(5, 0.5)));
            assertThat(found.get(0)).isEqualTo(expected.get(0));
            assertThat(found.get(1)).isNotEqualTo(expected.get(1));
        }
    }

    @Test
    void shouldLoseLogTwoWithoutGradientsBetweenEqualModels() {
        try (PointerScope scope = new PointerScope()) {
            Tensor similarity = Tensor.create(0.9f, 0.1f).set_requires_grad(true);
            Tensor loss = new Contrastive(1, 0.5).contrast(similarity, similarity);
            loss.backward();
            assertThat(loss.item_double()).isCloseTo(Math.log(2), within(1e-7));
            assertThat(similarity.grad().abs().max().item_float()).isZero();
        }
    }

    /** The quotient of exponentials would be infinite or NaN. */
    @Test
    void shouldNotOverflowAtLowTemperatures() {
        try (PointerScope scope = new PointerScope()) {
            Contrastive cold = new Contrastive(1, 1e-3);
            assertThat(cold.contrast(Tensor.create(-1f), Tensor.create(1f)).item_double())
                    .isCloseTo(2000, within(0.01));
            assertThat(cold.contrast(Tensor.create(1f), Tensor.create(-1f)).item_double())
                    .isZero();
        }
    }

    // ---- what is refused

    @Test
    void shouldRefuseModelsWithoutFeaturesWhenClientsAreMade() {
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            Federation moon = fedAvg(Tiny.LINEAR, data, 1).with(Algorithms.moon(1, 0.5));
            assertThatThrownBy(moon::clients)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("model without features: model=Linear, expected=one that implements");
        }
    }

    @Test
    void shouldRefuseSettingsOutOfRange() {
        assertThatThrownBy(() -> Algorithms.moon(-1, 0.5))
                .hasMessage("contrastive weight out of range: mu=-1.0, limit=0 or more and finite");
        assertThatThrownBy(() -> Algorithms.moon(1, 0)).hasMessageContaining("temperature=0.0");
    }

    // ---- gradients

    private static final double MU = 2;
    private static final double TEMPERATURE = 0.5;
    private static final double LR = 0.3;
    private static final int STEPS = 2;

    /** Two samples of three elements for each of two clients. */
    private static final float[][][] SAMPLES = {
        {{0.9f, -0.4f, 0.3f}, {-0.7f, 0.8f, 0.5f}}, {{0.2f, 0.6f, -1.1f}, {1.2f, 0.1f, 0.4f}}
    };

    /** A linear layer to two features and one to two outputs, without biases: ten parameters. */
    private static final class TwoLayers extends Model implements Model.Split {

        private final LinearImpl first = linear("first", 3, 2, false);
        private final LinearImpl second = linear("second", 2, 2, false);

        @Override
        public Tensor forward(Tensor x) {
            return head(features(x));
        }

        @Override
        public Tensor features(Tensor x) {
            return first.forward(x);
        }

        @Override
        public Tensor head(Tensor features) {
            return second.forward(features);
        }
    }

    private enum Name {
        TWO_LAYERS
    }

    private record Selector() implements ModelSelector<Name> {
        @Override
        public Model selectModel(Name name) {
            return DefaultGenerator.seeded(3, TwoLayers::new);
        }
    }

    private static double[] features(double[] w, float[] x) {
        double[] z = new double[2];
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 3; j++) {
                z[i] += w[3 * i + j] * x[j];
            }
        }
        return z;
    }

    /** The class of sample i is i. */
    private static double crossEntropy(double[] w, double[] z, int label) {
        double zero = w[6] * z[0] + w[7] * z[1];
        double one = w[8] * z[0] + w[9] * z[1];
        return Math.log(Math.exp(zero) + Math.exp(one)) - (label == 0 ? zero : one);
    }

    private static double cosine(double[] a, double[] b) {
        return (a[0] * b[0] + a[1] * b[1]) / (Math.hypot(a[0], a[1]) * Math.hypot(b[0], b[1]));
    }

    /** The paper's objective, by its quotient. */
    private static double objective(int client, double[] w, double[] received, double[] previous) {
        double sum = 0;
        for (int label = 0; label < 2; label++) {
            float[] x = SAMPLES[client][label];
            double[] z = features(w, x);
            double near = Math.exp(cosine(z, features(received, x)) / TEMPERATURE);
            double far = Math.exp(cosine(z, features(previous, x)) / TEMPERATURE);
            sum += crossEntropy(w, z, label) - MU * Math.log(near / (near + far));
        }
        return sum / 2;
    }

    private static double[] descend(double[] from, ToDoubleFunction<double[]> objective) {
        double[] w = from.clone();
        for (int step = 0; step < STEPS; step++) {
            double[] gradient = new double[w.length];
            for (int i = 0; i < w.length; i++) {
                double[] up = w.clone();
                double[] down = w.clone();
                up[i] += 1e-5;
                down[i] -= 1e-5;
                gradient[i] = (objective.applyAsDouble(up) - objective.applyAsDouble(down)) / 2e-5;
            }
            for (int i = 0; i < w.length; i++) {
                w[i] -= LR * gradient[i];
            }
        }
        return w;
    }

    /** Client 0 does not take part in the second round, and has its model of the first in the third. */
    @Test
    void shouldFollowTheGradientOfItsObjective() {
        List<List<Integer>> cohorts = List.of(List.of(0, 1), List.of(1), List.of(0, 1));
        try (InMemoryPartitionedDataset<PartitionType> data = samples()) {
            Federation moon = Federation.of(
                            new Selector(), Name.TWO_LAYERS, data, ServerOptions.of(cohorts.size(), SAMPLES.length))
                    .local(new SgdOptions(STEPS, 2, LR))
                    .sampler(draw -> cohorts.get(draw.round()))
                    .with(Algorithms.moon(MU, TEMPERATURE));
            float[] start = initial(moon);
            double[] model = new double[start.length];
            for (int i = 0; i < start.length; i++) {
                model[i] = start[i];
            }
            double[][] previous = new double[SAMPLES.length][];
            for (List<Integer> cohort : cohorts) {
                model = round(model, previous, cohort);
            }
            float[] found = model(moon);
            for (int i = 0; i < model.length; i++) {
                assertThat((double) found[i]).as("element %d", i).isCloseTo(model[i], within(1e-4));
            }
        }
    }

    private static double[] round(double[] received, double[][] previous, List<Integer> cohort) {
        double[] mean = new double[received.length];
        for (int cid : cohort) {
            double[] unlike = previous[cid] == null ? received : previous[cid];
            double[] trained = descend(received, w -> objective(cid, w, received, unlike));
            previous[cid] = trained;
            for (int i = 0; i < mean.length; i++) {
                mean[i] += trained[i] / cohort.size();
            }
        }
        return mean;
    }

    private static InMemoryPartitionedDataset<PartitionType> samples() {
        InMemoryPartitionedDataset<PartitionType> data = new InMemoryPartitionedDataset<>();
        for (int cid = 0; cid < SAMPLES.length; cid++) {
            data.setDataset(PartitionType.TRAIN, cid, samples(cid));
        }
        data.setDataset(PartitionType.TEST, samples(0));
        return data;
    }

    private static TensorDataset samples(int cid) {
        float[] x = new float[6];
        for (int i = 0; i < 6; i++) {
            x[i] = SAMPLES[cid][i / 3][i % 3];
        }
        return new TensorDataset(Tensor.create(x, 2, 3), Tensor.create(new long[] {0, 1}, 2));
    }
}
