package org.blazefl4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class MaxPoolTest {

    /** Values that comparisons treat differently. */
    private static final float[] SPECIAL = {
        Float.NEGATIVE_INFINITY, -1, -0.0f, 0.0f, 1, Float.POSITIVE_INFINITY, Float.NaN, -Float.MIN_VALUE
    };

    /** Uses few values, so windows have several greatest elements. */
    private static Tensor images(long... shape) {
        return torch.randint(-3, 4, shape).to(ScalarType.Float);
    }

    /** Uses infinities, NaN and both zeros; infinities are frequent enough to fill some windows. */
    private static Tensor specialImages(long... shape) {
        Tensor which = torch.randint(0, 3 * SPECIAL.length, shape).sub(new Scalar(2 * SPECIAL.length));
        Tensor values = torch.tensor(SPECIAL);
        return values.index_select(0, which.clamp_min_(new Scalar(0)).flatten()).view(shape);
    }

    private static Tensor libTorchs(Tensor x, int kernel, int stride, int padding) {
        return torch.max_pool2d(
                x,
                new long[] {kernel, kernel},
                new long[] {stride, stride},
                new long[] {padding, padding},
                new long[] {1, 1},
                false);
    }

    /** Returns the gradient of a sum that weights each output differently. */
    private static Tensor gradient(Tensor x, Tensor out) {
        Tensor weights =
                torch.arange(new Scalar(out.numel())).to(ScalarType.Float).view(out.shape());
        out.mul(weights).sum().backward();
        return x.grad();
    }

    private static void assertLibTorchs(Tensor values, int kernel, int stride, int padding) {
        Tensor ours = values.clone().set_requires_grad(true);
        Tensor theirs = values.clone().set_requires_grad(true);
        Tensor out = new MaxPool(kernel, stride, padding).forward(ours);
        Tensor expected = libTorchs(theirs, kernel, stride, padding);

        assertSameBits(out, expected);
        assertSameBits(gradient(ours, out), gradient(theirs, expected));
    }

    private static void assertSameBits(Tensor actual, Tensor expected) {
        assertThat(actual.shape()).isEqualTo(expected.shape());
        assertThat(Tensors.sha256(actual)).isEqualTo(Tensors.sha256(expected));
    }

    @Property(tries = 60)
    void shouldHaveLibTorchsOutputsAndGradients(
            @ForAll @IntRange(min = 1, max = 4) int kernel,
            @ForAll @IntRange(min = 1, max = 3) int stride,
            @ForAll @IntRange(max = 2) int padding,
            @ForAll @IntRange(min = 4, max = 30) int height,
            @ForAll @IntRange(min = 4, max = 30) int width) {
        int around = Math.min(padding, kernel / 2);
        try (PointerScope scope = new PointerScope()) {
            assertLibTorchs(images(2, 3, height, width), kernel, stride, around);
            assertLibTorchs(specialImages(2, 3, height, width), kernel, stride, around);
        }
    }

    @Test
    void shouldHaveTheSameGradientsWithReluBeforeOrAfter() {
        try (PointerScope scope = new PointerScope()) {
            Tensor values = images(4, 3, 12, 12);
            Tensor before = values.clone().set_requires_grad(true);
            Tensor after = values.clone().set_requires_grad(true);
            Tensor first = new MaxPool(2, 2, 0).forward(before.relu());
            Tensor last = new MaxPool(2, 2, 0).forward(after).relu();

            assertThat(torch.equal(first, last)).isTrue();
            assertThat(torch.equal(gradient(before, first), gradient(after, last)))
                    .isTrue();
        }
    }

    @Test
    void shouldPoolImagesOfAnyLayoutAndType() {
        try (PointerScope scope = new PointerScope()) {
            MaxPool pool = new MaxPool(2, 2, 0);
            Tensor values = images(2, 3, 8, 8);
            Tensor expected = libTorchs(values, 2, 2, 0);

            assertSameBits(pool.forward(values.contiguous(MemoryFormat.ChannelsLast)), expected);
            assertSameBits(pool.forward(values.to(ScalarType.Double)).to(ScalarType.Float), expected);
            assertSameBits(pool.forward(values.transpose(2, 3)), libTorchs(values.transpose(2, 3), 2, 2, 0));
            assertSameBits(pool.forward(values.select(0, 0)), expected.select(0, 0));
        }
    }

    @Test
    void shouldPoolZeroImagesAndZeroChannels() {
        try (PointerScope scope = new PointerScope()) {
            MaxPool pool = new MaxPool(2, 2, 0);

            assertThat(pool.forward(torch.empty(0, 3, 8, 8)).shape()).containsExactly(0, 3, 4, 4);
            assertThatThrownBy(() -> pool.forward(torch.empty(2, 0, 8, 8))).hasMessageContaining("max_pool2d");
            assertThatThrownBy(() -> pool.forward(torch.empty(8, 8))).hasMessageContaining("max_pool2d");
        }
    }

    @Test
    void shouldRefuseImagesSmallerThanAWindow() {
        try (PointerScope scope = new PointerScope()) {
            assertThatThrownBy(() -> new MaxPool(3, 1, 0).forward(images(1, 1, 2, 2)))
                    .hasMessageContaining("Output size is too small");
        }
    }

    @Test
    void shouldRefuseInvalidWindows() {
        assertThatThrownBy(() -> new MaxPool(0, 1, 0)).hasMessageContaining("kernel=0, limit=");
        assertThatThrownBy(() -> new MaxPool(2, 0, 0)).hasMessageContaining("stride=0, limit=");
        assertThatThrownBy(() -> new MaxPool(3, 1, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("padding out of range: padding=2, limit=0 to 1, half of the kernel");
    }
}
