package org.blazefl4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

class ConvolutionTest {

    /** A layer to compare with. */
    private static final class Layer extends Model {

        private final Conv2dImpl conv;
        private final Convolution ours;

        Layer(int kernel, int stride, int padding) {
            conv = conv2d("conv", 5, 7, kernel, stride, padding, false);
            ours = new Convolution(conv, kernel, stride, padding);
        }

        @Override
        public Tensor forward(Tensor x) {
            return ours.forward(x);
        }
    }

    @Property(tries = 60)
    void shouldHaveLibTorchsOutputsAndGradients(
            @ForAll @IntRange(min = 1, max = 5) int kernel,
            @ForAll @IntRange(min = 1, max = 3) int stride,
            @ForAll @IntRange(max = 2) int padding,
            @ForAll @IntRange(min = 1, max = 4) int height,
            @ForAll @IntRange(min = 1, max = 4) int width) {
        int around = Math.max(Math.min(padding, kernel / 2), (kernel - Math.min(height, width) + 1) / 2);
        try (PointerScope scope = new PointerScope()) {
            Layer layer = new Layer(kernel, stride, around);
            Tensor values = torch.randn(3, 5, height, width);
            Tensor ours = values.clone().set_requires_grad(true);
            Tensor theirs = values.clone().set_requires_grad(true);
            Tensor out = layer.forward(ours);
            Tensor expected = layer.conv.forward(theirs);
            assertClose(out, expected);

            Tensor weights = torch.randn(out.shape());
            out.mul(weights).sum().backward();
            Tensor gradient = layer.conv.weight().grad().clone();
            layer.conv.weight().mutable_grad().zero_();
            expected.mul(weights).sum().backward();
            assertClose(ours.grad(), theirs.grad());
            assertClose(gradient, layer.conv.weight().grad());
        }
    }

    private static void assertClose(Tensor actual, Tensor expected) {
        assertThat(actual.shape()).isEqualTo(expected.shape());
        assertThat(torch.allclose(actual, expected, 1e-4, 1e-5, false)).isTrue();
    }
}
