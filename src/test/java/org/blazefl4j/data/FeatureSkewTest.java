package org.blazefl4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.blazefl4j.torch.Elements.bytes;
import static org.blazefl4j.torch.Elements.floats;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Inputs changed for each client. */
final class FeatureSkewTest {

    private static Tensor images(long seed, int n, int channels, int height, int width) {
        byte[] pixels = new byte[n * channels * height * width];
        new Random(seed).nextBytes(pixels);
        return Tensors.of(pixels, n, channels, height, width);
    }

    @Example
    void shouldTurnImagesCounterclockwise() {
        try (PointerScope scope = new PointerScope()) {
            Tensor x = Tensors.of(new byte[] {1, 2, 3, 4}, 1, 1, 2, 2);
            FeatureSkew skew = FeatureSkew.rotation(90, 4);

            assertThat(skew.change(x, 0, 4, 0)).isSameAs(x);
            assertThat(bytes(skew.change(x, 1, 4, 0))).containsExactly(2, 4, 1, 3);
            assertThat(bytes(skew.change(x, 2, 4, 0))).containsExactly(4, 3, 2, 1);
            assertThat(bytes(skew.change(x, 3, 4, 0))).containsExactly(3, 1, 4, 2);
            assertThat(skew.change(x, 8, 9, 0)).isSameAs(x);
            assertThat(bytes(FeatureSkew.rotation(-90, 2).change(x, 1, 4, 0))).containsExactly(3, 1, 4, 2);
        }
    }

    /** Four quarter turns are none. */
    @Property(tries = 50)
    void shouldTurnExactly(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int n,
            @ForAll @IntRange(min = 1, max = 3) int channels,
            @ForAll @IntRange(min = 2, max = 9) int side) {
        try (PointerScope scope = new PointerScope()) {
            Tensor x = images(seed, n, channels, side, side);
            Tensor turned = x;
            for (int i = 0; i < 4; i++) {
                turned = FeatureSkew.rotation(90, 2).change(turned, 1, 2, 0);
            }
            assertThat(bytes(turned)).isEqualTo(bytes(x));
        }
    }

    /** At an angle of almost a quarter turn, interpolation gives what turning gives. */
    @Property(tries = 50)
    void shouldInterpolateInTheDirectionOfTurns(
            @ForAll long seed,
            @ForAll @IntRange(min = 2, max = 9) int side,
            @ForAll @IntRange(min = 0, max = 3) int quarters) {
        try (PointerScope scope = new PointerScope()) {
            Tensor x = images(seed, 2, 3, side, side);
            Tensor turned = FeatureSkew.rotation(90 * quarters, 2).change(x, 1, 2, 0);
            Tensor interpolated = FeatureSkew.rotation(90 * quarters + 1e-9, 2).change(x, 1, 2, 0);

            assertThat(bytes(interpolated)).isEqualTo(bytes(turned));
        }
    }

    @Property(tries = 100)
    void shouldInterpolateWithinTheRangeOfPixelsAndZero(
            @ForAll long seed,
            @ForAll @DoubleRange(min = -1000, max = 1000) double degrees,
            @ForAll @IntRange(min = 2, max = 9) int height,
            @ForAll @IntRange(min = 2, max = 9) int width) {
        if (degrees % 90 == 0) {
            return;
        }
        try (PointerScope scope = new PointerScope()) {
            Tensor x = Tensors.of(new float[2 * height * width], 2, 1, height, width);
            x.fill_(new Scalar(7.0));
            float[] rotated = floats(FeatureSkew.rotation(degrees, 2).change(x, 1, 2, 0));

            assertThat(rotated).hasSize(2 * height * width);
            for (float each : rotated) {
                assertThat(each).isBetween(0f, 7.00001f);
            }
        }
    }

    /** A pixel right of the centre is up and right of it after an eighth of a turn. */
    @Example
    void shouldWeighTheFourPixelsAround() {
        try (PointerScope scope = new PointerScope()) {
            Tensor x = Tensors.of(new float[] {0, 0, 0, 0, 0, 10, 0, 0, 0}, 1, 1, 3, 3);
            float[] rotated = floats(FeatureSkew.rotation(45, 2).change(x, 1, 2, 0));

            double half = Math.sqrt(0.5);
            double corner = 10 * (2 - Math.sqrt(2));
            double edge = 10 * half * (1 - half);
            float[] expected = {0, (float) edge, (float) corner, 0, 0, (float) edge, 0, 0, 0};
            assertThat(rotated).usingComparatorWithPrecision(1e-5f).containsExactly(expected);
        }
    }

    @Example
    void shouldAddNoiseOfTheClientsVariance() {
        try (PointerScope scope = new PointerScope()) {
            Tensor zeros = Tensors.of(new float[100_000], 1_000, 1, 1, 100);
            Tensor black = Tensors.of(new byte[100_000], 1_000, 1, 10, 10);
            FeatureSkew skew = FeatureSkew.noise(0.5);

            assertThat(variance(skew.change(zeros, 0, 5, 3))).isCloseTo(0.1, within(0.002));
            assertThat(variance(skew.change(zeros, 4, 5, 3))).isCloseTo(0.5, within(0.01));
            assertThat(variance(skew.change(black, 4, 5, 3)) / (255 * 255)).isCloseTo(0.5, within(0.01));
        }
    }

    private static double variance(Tensor x) {
        assertThat(x.scalar_type().intern()).isEqualTo(ScalarType.Float);
        return x.square().mean().item_float();
    }

    @Property(tries = 50)
    void shouldDependOnSeedAndClientAlone(@ForAll long seed, @ForAll @IntRange(min = 1, max = 4) int clients) {
        try (PointerScope scope = new PointerScope()) {
            Tensor x = images(seed, 6 * clients, 1, 3, 3);
            TensorDataset all = new TensorDataset(x, Tensors.of(new long[6 * clients]));
            List<long[]> parts = Partitioner.iid().partition(new long[6 * clients], clients, seed);
            TensorDataset noisy = FeatureSkew.noise(0.3).apply(all, parts, seed);

            for (int client = 0; client < clients; client++) {
                Tensor own = x.index_select(0, Tensors.of(parts.get(client)));
                assertThat(floats(noisy.data().index_select(0, Tensors.of(parts.get(client)))))
                        .isEqualTo(floats(FeatureSkew.noise(0.3).change(own, client, clients, seed)))
                        .isNotEqualTo(floats(FeatureSkew.noise(0.3).change(own, client, clients, seed + 1)))
                        .isNotEqualTo(floats(FeatureSkew.noise(0.3).change(own, client + 1, clients, seed)));
            }
        }
    }

    @Example
    void shouldChangeEachClientsSamplesOnly() {
        Tensor x = images(1, 10, 1, 4, 4);
        byte[] before = bytes(x);
        TensorDataset all = new TensorDataset(x, Tensors.of(new long[10]), Transform.toFloat(255));
        List<long[]> parts = List.of(new long[] {0, 7}, new long[] {1, 3, 9}, new long[] {8});

        TensorDataset rotated = FeatureSkew.rotation(180, 2).apply(all, parts, 0);

        assertThat(bytes(x)).isEqualTo(before);
        assertThat(rotated.transform()).isEqualTo(all.transform());
        assertThat(rotated.targets()).isSameAs(all.targets());
        byte[] after = bytes(rotated.data());
        for (int i = 0; i < after.length; i++) {
            int image = i / 16;
            boolean changed = LongStream.of(parts.get(1)).anyMatch(at -> at == image);
            assertThat(after[i]).isEqualTo(before[changed ? image * 16 + 15 - i % 16 : i]);
        }
        rotated.data().close();
    }

    /** Memory holds the samples of one client at a time. */
    @Example
    void shouldFreeWhatItMakesForAClientBeforeTheNext() {
        TensorDataset all = new TensorDataset(images(1, 6, 1, 2, 2), Tensors.of(new long[6]));
        List<long[]> parts = List.of(new long[] {0, 1}, new long[] {2, 3}, new long[] {4, 5});
        List<Tensor> made = new ArrayList<>();
        FeatureSkew noise = FeatureSkew.noise(1);
        FeatureSkew recording = (samples, client, clients, seed) -> {
            assertThat(made).as("client " + client).allMatch(each -> each.isNull());
            made.add(samples);
            made.add(noise.change(samples, client, clients, seed));
            return made.get(made.size() - 1);
        };

        TensorDataset noisy = recording.apply(all, parts, 7);

        assertThat(made).hasSize(6).allMatch(each -> each.isNull());
        assertThat(floats(noisy.data()))
                .hasSize(24)
                .isEqualTo(floats(noise.apply(all, parts, 7).data()));
        noisy.data().close();
    }

    /** So that the native engine reads them where they are. */
    @Example
    void shouldLeaveRowsInPlace() {
        TensorDataset all = new TensorDataset(Tensors.of(new float[8], 2, 1, 2, 2), Tensors.of(new long[2]));
        for (FeatureSkew skew : List.of(FeatureSkew.rotation(30, 2), FeatureSkew.noise(1))) {
            TensorDataset changed = skew.apply(all, List.of(new long[] {0}, new long[] {1}), 0);

            assertThat(changed.inPlace().orElseThrow().x()).isSameAs(changed.data());
            changed.data().close();
        }
    }

    @Example
    void shouldRefuseSamplesThatItCannotChange() {
        Tensor table = Tensors.of(new float[6], 2, 1, 1, 3);
        Tensor tokens = Tensors.of(new long[8], 2, 4);
        Tensor wide = Tensors.of(new byte[12], 2, 1, 2, 3);

        assertThatThrownBy(() -> FeatureSkew.rotation(90, 4).change(table, 0, 1, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("rotation of samples that are no images: samples=float [2, 1, 1, 3], expected=uint8 or"
                        + " float32 [n, channels, height, width] of several rows; leave out the rotation");
        assertThatThrownBy(() -> FeatureSkew.rotation(90, 4).change(tokens, 0, 1, 0))
                .hasMessageContaining("rotation of samples that are no images: samples=long [2, 4]");
        assertThatThrownBy(() -> FeatureSkew.rotation(90, 4).change(wide, 1, 2, 0))
                .hasMessage("quarter turn of images that are no squares: height=2, width=3, expected=equal height and"
                        + " width, or half turns; change degrees");
        assertThat(bytes(FeatureSkew.rotation(180, 2).change(wide, 1, 2, 0))).hasSize(12);
        assertThatThrownBy(() -> FeatureSkew.noise(1).change(tokens, 0, 1, 0))
                .hasMessage("noise for samples that are no numbers: samples=long [2, 4], expected=uint8 or float32;"
                        + " leave out the noise");
    }

    @Example
    void shouldRefuseNumbersOutOfRange() {
        assertThatThrownBy(() -> FeatureSkew.noise(-1))
                .hasMessage("noise out of range: sigma=-1.0, limit=0 or more and finite");
        assertThatThrownBy(() -> FeatureSkew.rotation(90, 0))
                .hasMessage("rotation: degrees=90.0, groups=0, limit=a finite angle, and 1 group or more; change them");
        assertThatThrownBy(() -> FeatureSkew.rotation(Double.NaN, 1)).hasMessageContaining("degrees=NaN");
    }
}
