package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.blazefl4j.federation.FederationRuns.CLIENTS;
import static org.blazefl4j.federation.FederationRuns.hashes;
import static org.blazefl4j.federation.FederationRuns.initial;
import static org.blazefl4j.federation.FederationRuns.model;
import static org.blazefl4j.federation.algorithm.Quadratics.D;
import static org.blazefl4j.federation.algorithm.Quadratics.START;
import static org.blazefl4j.federation.algorithm.Quadratics.expected;
import static org.blazefl4j.torch.Elements.floats;

import java.util.List;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.federation.AggregateTransform;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.FederationRuns;
import org.blazefl4j.federation.ServerStep;
import org.blazefl4j.federation.UpdateTransform;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** Transforms change parameters as they say, and nothing else. */
final class TransformsTest {

    private static final double LR = 0.1;

    private static double norm(Quadratics one) {
        double squares = 0;
        for (int i = 0; i < D; i++) {
            squares += Math.pow(LR * one.gradient(0, i, START), 2);
        }
        return Math.sqrt(squares);
    }

    @Test
    void shouldScaleLongUpdatesToTheBoundAndLeaveShortOnes() {
        try (Quadratics one = Quadratics.random(7, 1)) {
            Federation fedAvg = one.fedAvg(1, 1, LR);
            double norm = norm(one);
            for (double bound : new double[] {norm / 4, norm * 0.999, norm * 1.001}) {
                double scale = Math.min(1, bound / norm);
                assertThat(model(fedAvg.uplink(Transforms.clipNorm(bound))))
                        .containsExactly(expected(i -> START - scale * LR * one.gradient(0, i, START)), within(2e-7f));
            }
        }
    }

    @Test
    void shouldChangeNothingAtNeutralSettings() {
        assertThat(Transforms.clipNorm(Double.POSITIVE_INFINITY)).isSameAs(UpdateTransform.NONE);
        assertThat(Transforms.gaussianNoise(0)).isSameAs(AggregateTransform.NONE);
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            Federation fedAvg = FederationRuns.fedAvg(Tiny.CONVOLUTION, data, 2);
            Federation neutral =
                    fedAvg.uplink(Transforms.clipNorm(Double.POSITIVE_INFINITY)).aggregate(Transforms.gaussianNoise(0));
            assertThat(hashes(neutral)).isEqualTo(hashes(fedAvg));
        }
    }

    /** Their statistics would use up the bound, and noise would make variances negative. */
    @Test
    void shouldNeitherCountNorChangeBuffers() {
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            Federation fedAvg = FederationRuns.fedAvg(Tiny.CONVOLUTION, data, 1);
            float[] before = initial(fedAvg);
            float[] plain = model(fedAvg);
            float[] clipped = model(fedAvg.uplink(Transforms.clipNorm(1e-3)));
            float[] noisy = model(fedAvg.aggregate(Transforms.gaussianNoise(1)));
            double squares = 0;
            for (int i = 0; i < plain.length; i++) {
                if (i >= 24 && i < 29) {
                    assertThat(clipped[i]).as("buffer %d", i).isCloseTo(plain[i], within(1e-6f));
                    assertThat(noisy[i]).as("buffer %d", i).isEqualTo(plain[i]);
                } else {
                    squares += Math.pow(clipped[i] - before[i], 2);
                    assertThat(noisy[i]).as("element %d", i).isNotEqualTo(plain[i]);
                }
            }
            assertThat(Math.sqrt(squares)).isBetween(1e-4, 1.001e-3);
        }
    }

    private static float[] noise(long seed, int round, double std) {
        try (Tensor change = torch.ones(20_000)) {
            var step = new ServerStep(seed, round, 1, 1, change, List.of());
            new Transforms.GaussianNoise(std).apply(change, step);
            return floats(change);
        }
    }

    @Test
    void shouldAddNormalNumbersThatDependOnSeedAndRoundAlone() {
        float[] noise = noise(1, 0, 3);
        assertThat(noise(1, 0, 3)).containsExactly(noise);
        assertThat(noise(2, 0, 3)[0]).isNotEqualTo(noise[0]);
        assertThat(noise(1, 1, 3)[0]).isNotEqualTo(noise[0]);
        double sum = 0;
        double squares = 0;
        int near = 0;
        for (float value : noise) {
            sum += value - 1;
            squares += (value - 1) * (value - 1);
            near += Math.abs(value - 1) < 3 ? 1 : 0;
        }
        assertThat(sum / noise.length).isCloseTo(0, within(0.1));
        assertThat(Math.sqrt(squares / noise.length)).isCloseTo(3, within(0.1));
        assertThat(near / (double) noise.length).isCloseTo(0.6827, within(0.02));
    }

    @Test
    void shouldRefuseSettingsOutOfRange() {
        for (double wrong : new double[] {0, -1, Double.NaN}) {
            assertThatThrownBy(() -> Transforms.clipNorm(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("norm out of range: bound=" + wrong + ", limit=above 0; infinity is no limit");
        }
        for (double wrong : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> Transforms.gaussianNoise(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("standard deviation out of range: std=" + wrong + ", limit=0 or more and finite");
        }
    }
}
