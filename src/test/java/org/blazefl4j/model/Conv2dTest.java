package org.blazefl4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import net.jqwik.api.ForAll;
import net.jqwik.api.GenerationMode;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.blazefl4j.model.Numerics.Autocast;
import org.blazefl4j.model.Numerics.MemoryLayout;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.Conv2dOptions;
import org.bytedeco.pytorch.ConvTranspose2dImpl;
import org.bytedeco.pytorch.ConvTranspose2dOptions;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class Conv2dTest {

    private static final double FLOAT_ERROR = 2e-5;
    private static final double BFLOAT16_ERROR = 0.03;

    private static final class Net extends Model {

        private final Conv2dImpl conv;

        Net(long in, long out, long kernel, long stride) {
            conv = conv2d("conv", in, out, kernel, stride, kernel / 2, true);
        }

        @Override
        public Tensor forward(Tensor x) {
            return conv.forward(x);
        }
    }

    private static final class Holder extends Model {

        Holder(Module layer) {
            register("conv2", layer);
        }

        @Override
        public Tensor forward(Tensor x) {
            return x;
        }
    }

    @Property(tries = 80)
    void shouldHaveTheOutputsAndGradientsOfFp64(
            @ForAll @IntRange(min = 1, max = 100) int in,
            @ForAll @IntRange(min = 1, max = 60) int out,
            @ForAll @IntRange(min = 1, max = 5) int kernel,
            @ForAll @IntRange(min = 1, max = 2) int stride,
            @ForAll @IntRange(min = 1, max = 3) int batch,
            @ForAll MemoryLayout layout) {
        assertExact(in, out, kernel, stride, batch, new Numerics(layout, Autocast.OFF));
    }

    /** Every pair, since few are wrong: odd numbers of blocks with strides, in one layout only. */
    @Property(tries = 588, generation = GenerationMode.EXHAUSTIVE)
    void shouldHaveThemForBlocksOfChannels(
            @ForAll @IntRange(min = 1, max = 7) int in,
            @ForAll @IntRange(min = 1, max = 7) int out,
            @ForAll @IntRange(min = 1, max = 3) int kernel,
            @ForAll @IntRange(min = 1, max = 2) int stride,
            @ForAll MemoryLayout layout) {
        assertExact(16 * in, 16 * out, kernel, stride, 2, new Numerics(layout, Autocast.OFF));
    }

    @Property(tries = 20)
    void shouldHaveThemInBfloat16(
            @ForAll @IntRange(min = 1, max = 40) int in,
            @ForAll @IntRange(min = 1, max = 40) int out,
            @ForAll @IntRange(min = 1, max = 5) int kernel,
            @ForAll MemoryLayout layout) {
        assertExact(in, out, kernel, 1, 2, new Numerics(layout, Autocast.BFLOAT16));
    }

    @Test
    void shouldHaveThoseOfLeNet() {
        assertExact(20, 50, 5, 1, 16, Numerics.DEFAULT);
    }

    @Test
    void shouldLeaveToLibTorchWhatItComputesRight() {
        try (PointerScope scope = new PointerScope()) {
            for (long[] shape : new long[][] {{3, 6, 5}, {6, 16, 5}, {1, 32, 5}, {32, 64, 5}, {64, 64, 3}}) {
                Net net = new Net(shape[0], shape[1], shape[2], 1);
                Tensor x = torch.randn(2, shape[0], 9, 9);
                Conv2dImpl conv = net.conv;
                long[] ones = {1, 1};
                long[] around = {shape[2] / 2, shape[2] / 2};
                Tensor plain = torch.conv2d(x, conv.weight(), new TensorOptional(conv.bias()), ones, around, ones, 1);
                assertThat(torch.equal(net.forward(x), plain)).isTrue();
            }
        }
    }

    @Test
    void shouldRefuseLibTorchsLayerThatIsWrong() {
        try (PointerScope scope = new PointerScope()) {
            Conv2dImpl layer = new Conv2dImpl(new Conv2dOptions(20, 50, new LongPointer(5, 5)));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new Holder(layer))
                    .withMessage(
                            "convolution that LibTorch's oneDNN computes wrongly: layer=conv2, weight=[50, 20, 5, 5],"
                                    + " expected=one made by Model.conv2d; make it so, or call"
                                    + " torch.globalContext().setUserEnabledMkldnn(false) first, which is slower");
            ConvTranspose2dImpl transposed =
                    new ConvTranspose2dImpl(new ConvTranspose2dOptions(1, 6, new LongPointer(3, 3)));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new Holder(transposed))
                    .withMessageContaining("layer=conv2, weight=[1, 6, 3, 3], expected=another layer; ");
        }
    }

    @Test
    void shouldAcceptLibTorchsLayerThatIsRight() {
        try (PointerScope scope = new PointerScope()) {
            Conv2dImpl layer = new Conv2dImpl(new Conv2dOptions(3, 6, new LongPointer(5, 5)));
            assertThat(new Holder(layer).parameters().size()).isEqualTo(2);
        }
    }

    private static void assertExact(long in, long out, long kernel, long stride, long batch, Numerics numerics) {
        try (PointerScope scope = new PointerScope()) {
            Net net = new Net(in, out, kernel, stride);
            net.setNumerics(numerics);
            Conv2dImpl conv = net.conv;
            Tensor values = torch.randn(batch, in, 7, 6);
            Tensor x = values.clone().set_requires_grad(true);
            Tensor y = net.output(x);
            Tensor weights = torch.randn(y.shape());
            y.mul(weights).sum().backward();

            Tensor exactX = exact(values);
            Tensor exactWeight = exact(conv.weight());
            Tensor exactBias = exact(conv.bias());
            long[] around = {kernel / 2, kernel / 2};
            Tensor exactY = torch.conv2d(
                    exactX,
                    exactWeight,
                    new TensorOptional(exactBias),
                    new long[] {stride, stride},
                    around,
                    new long[] {1, 1},
                    1);
            exactY.mul(weights.to(ScalarType.Double)).sum().backward();

            double limit = numerics.autocast() == Autocast.OFF ? FLOAT_ERROR : BFLOAT16_ERROR;
            assertClose("output", y, exactY, limit);
            assertClose("gradient of images", x.grad(), exactX.grad(), limit);
            assertClose("gradient of weights", conv.weight().grad(), exactWeight.grad(), limit);
            assertClose("gradient of bias", conv.bias().grad(), exactBias.grad(), limit);
        }
    }

    private static Tensor exact(Tensor values) {
        return values.detach().to(ScalarType.Double).set_requires_grad(true);
    }

    /** Adds 1 to the norm, because gradients of a single bias may cancel to nearly 0. */
    private static void assertClose(String what, Tensor actual, Tensor expected, double limit) {
        Tensor difference = actual.detach().to(ScalarType.Double).sub(expected.detach());
        double error = difference.norm().item_double()
                / expected.detach().norm().add(new Scalar(1)).item_double();
        assertThat(error).as(what).isLessThan(limit);
    }
}
