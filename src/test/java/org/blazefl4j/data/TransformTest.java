package org.blazefl4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.torch.Elements.floats;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Compares transforms with loops over single pixels. */
class TransformTest {

    private static byte[] pixels(long seed, int n) {
        byte[] pixels = new byte[n];
        new Random(seed).nextBytes(pixels);
        return pixels;
    }

    private static byte[] bytes(Tensor x) {
        byte[] result = new byte[(int) x.numel()];
        try (Tensor dense = x.contiguous();
                BytePointer elements = dense.data_ptr_byte()) {
            elements.get(result);
        }
        return result;
    }

    @Property(tries = 200, edgeCases = EdgeCasesMode.NONE) // jqwik would combine them to thousands of cases
    void shouldFlipIfTheDrawnNumberIsBelowTheProbability(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 20) int n,
            @ForAll @IntRange(min = 1, max = 7) int width,
            @ForAll @IntRange(min = 0, max = 10) int tenths) {
        int rows = 6; // channels times height, which a flip does not distinguish
        byte[] in = pixels(seed, n * rows * width);
        try (Generator g = torch.createCPUGenerator(seed);
                Generator same = torch.createCPUGenerator(seed);
                Tensor x = Tensor.create(in, false, n, 2, 3, width);
                Tensor y = Transform.randomHorizontalFlip(tenths / 10.0).apply(x, g);
                GeneratorOptional from = new GeneratorOptional(same);
                Tensor drawn = torch.rand(new long[] {n}, from)) {
            byte[] expected = new byte[in.length];
            for (int i = 0; i < in.length; i++) {
                int column = i % width;
                boolean flipped = floats(drawn)[i / (rows * width)] < (float) (tenths / 10.0);
                expected[i] = flipped ? in[i - column + width - 1 - column] : in[i];
            }
            assertThat(bytes(y)).isEqualTo(expected);
            assertThat(bytes(x)).isEqualTo(in);
        }
    }

    @Property(tries = 200, edgeCases = EdgeCasesMode.NONE) // jqwik would combine them to thousands of cases
    void shouldCropAtTheDrawnPlaces(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 8) int n,
            @ForAll @IntRange(min = 1, max = 3) int channels,
            @ForAll @IntRange(min = 1, max = 9) int height,
            @ForAll @IntRange(min = 1, max = 9) int width,
            @ForAll @IntRange(min = 0, max = 4) int padding,
            @ForAll boolean channelsLast) {
        int size = 1 + (int) Math.floorMod(seed, Math.min(height, width) + 2L * padding);
        byte[] in = pixels(seed, n * channels * height * width);
        try (Generator g = torch.createCPUGenerator(seed);
                Generator same = torch.createCPUGenerator(seed);
                Tensor logical = Tensor.create(in, false, n, channels, height, width);
                Tensor x = channelsLast ? toChannelsLast(logical) : logical.clone();
                Tensor y = Transform.randomCrop(size, padding).apply(x, g)) {
            long[] top = draw(same, height + 2 * padding - size + 1, n);
            long[] left = draw(same, width + 2 * padding - size + 1, n);
            byte[] expected = new byte[n * channels * size * size];
            for (int i = 0; i < expected.length; i++) {
                int image = i / (channels * size * size);
                int plane = i / (size * size);
                int row = i / size % size + (int) top[image] - padding;
                int column = i % size + (int) left[image] - padding;
                boolean inside = row >= 0 && row < height && column >= 0 && column < width;
                expected[i] = inside ? in[(plane * height + row) * width + column] : 0;
            }
            assertThat(y.shape()).containsExactly(n, channels, size, size);
            assertThat(bytes(y)).isEqualTo(expected);
            assertThat(bytes(x)).isEqualTo(in);
        }
    }

    private static Tensor toChannelsLast(Tensor x) {
        try (Tensor lastAxis = x.permute(0, 2, 3, 1);
                Tensor dense = lastAxis.contiguous()) {
            return dense.permute(0, 3, 1, 2);
        }
    }

    private static long[] draw(Generator generator, long bound, int n) {
        try (GeneratorOptional from = new GeneratorOptional(generator);
                Tensor drawn = torch.randint(bound, new long[] {n}, from)) {
            return Samples.toArray(drawn);
        }
    }

    @Example
    void shouldCropFloatsAsWellAsBytes() {
        try (Generator g = torch.createCPUGenerator(1);
                Generator same = torch.createCPUGenerator(1);
                Tensor bytes = Tensor.create(pixels(1, 4 * 3 * 8 * 8), false, 4, 3, 8, 8);
                Tensor floats = bytes.to(ScalarType.Float);
                Tensor ofFloats = Transform.randomCrop(8, 2).apply(floats, g);
                Tensor ofBytes = Transform.randomCrop(8, 2).apply(bytes, same);
                Tensor expected = ofBytes.to(ScalarType.Float)) {
            assertThat(ofFloats.equal(expected)).isTrue();
        }
    }

    @Property(tries = 50)
    void shouldNormaliseEachChannelInFloats(@ForAll long seed) {
        byte[] in = pixels(seed, 2 * 3 * 4);
        float[] mean = {0.5f, 0.25f, 0.1f};
        float[] std = {0.2f, 0.3f, 0.4f};
        Transform transform = Transform.compose(
                Transform.toFloat(255), Transform.normalize(List.of(0.5, 0.25, 0.1), List.of(0.2, 0.3, 0.4)));
        try (Tensor x = Tensor.create(in, false, 2, 3, 2, 2);
                Tensor y = transform.apply(x, null)) {
            float[] expected = new float[in.length];
            for (int i = 0; i < in.length; i++) {
                int channel = i / 4 % 3;
                expected[i] = ((in[i] & 0xff) / 255f - mean[channel]) / std[channel];
            }
            assertThat(floats(y)).isEqualTo(expected);
            assertThat(bytes(x)).isEqualTo(in);
        }
    }

    @Example
    void shouldComposeInOrderAndCloseIntermediateTensors() {
        List<Tensor> seen = new ArrayList<>();
        Transform spy = (x, g) -> {
            seen.add(x);
            return x;
        };
        try (Tensor x = Tensor.create(new byte[] {2, 4}, false, 2, 1)) {
            Transform transform = Transform.compose(spy, Transform.toFloat(2), spy, Transform.toFloat(0.5), spy);
            try (Tensor y = transform.apply(x, null)) {
                assertThat(floats(y)).containsExactly(2, 4);
                assertThat(seen.get(0)).isSameAs(x);
                assertThat(seen.get(1).isNull()).isTrue();
                assertThat(seen.get(2)).isSameAs(y);
            }
            assertThat(x.isNull()).isFalse();
            assertThat(Transform.compose().apply(x, null)).isSameAs(x);
        }
    }

    @Example
    void shouldCloseIntermediateTensorsWhenATransformFails() {
        List<Tensor> seen = new ArrayList<>();
        Transform failing = (x, g) -> {
            seen.add(x);
            throw new IllegalStateException("on purpose");
        };
        try (Tensor x = Tensor.create(new byte[] {2, 4}, false, 2, 1)) {
            assertThatThrownBy(() ->
                            Transform.compose(Transform.toFloat(2), failing).apply(x, null))
                    .hasMessage("on purpose");
            assertThat(seen.get(0).isNull()).isTrue();
            assertThat(x.isNull()).isFalse();
        }
    }

    @Example
    void shouldBeEqualIfNumbersAreEqual() {
        try (ImageData data = ImageData.fashionMnist()) {
            assertThat(data.normalisation())
                    .isEqualTo(Transform.compose(Transform.toFloat(255), Transform.normalize(0.2860, 0.3530)));
        }
    }

    @Example
    void shouldRefuseInvalidArguments() {
        refused(() -> Transform.toFloat(0), "divisor: divisor=0.0, expected=finite and not 0; use 255 for image bytes");
        refused(
                () -> Transform.normalize(List.of(1.0), List.of()),
                "normalisation: means=1, deviations=0, expected=one mean and one deviation per channel");
        refused(
                () -> Transform.normalize(0.5, 0),
                "normalisation: mean=[0.5], std=[0.0], expected=finite means, finite deviations above 0");
        refused(
                () -> Transform.randomHorizontalFlip(1.5),
                "flip probability: probability=1.5, limit=0 to 1; 0.5 is usual");
        refused(
                () -> Transform.randomHorizontalFlip(Double.NaN),
                "flip probability: probability=NaN, limit=0 to 1; " + "0.5 is usual");
        refused(
                () -> Transform.randomCrop(0, 1),
                "random crop: size=0, padding=1, limit=size 1 or more, padding 0 or more");
        try (Tensor x = Tensor.create(new byte[12], false, 1, 3, 2, 2);
                Tensor flat = Tensor.create(new byte[12], false)) {
            refused(
                    () -> Transform.normalize(0.5, 1).apply(x, null),
                    "normalisation: batch=byte [1, 3, 2, 2], expected=float32 [n, 1, ...]; "
                            + "put toFloat before normalize and give one mean per channel");
            refused(
                    () -> Transform.randomCrop(5, 1).apply(x, null),
                    "random crop: batch=byte [1, 3, 2, 2], size=5, padding=1, expected=[n, channels, height, width], not "
                            + "smaller than the size when padded; crop less or pad more");
            refused(
                    () -> Transform.randomHorizontalFlip(0.5).apply(flat, null),
                    "horizontal flip: batch=byte [12], expected=[n, ..., width]");
            refused(
                    () -> Transform.randomCrop(2, 1).apply(x, null),
                    "random transform without a generator: transform=RandomCrop[size=2, padding=1], generator=null, "
                            + "expected=a generator; give the loader one");
        }
    }

    private static void refused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }
}
