package org.blazefl4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.blazefl4j.model.Numerics.Autocast;
import org.blazefl4j.model.Numerics.MemoryLayout;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** TorchScript modules convolve right, whatever oneDNN does. */
class TorchScriptConvolutionsTest {

    private static final double LIMIT = 2e-5;

    @TempDir
    private Path folder;

    /** What a module returns, and what FP64 makes of the same. */
    private interface Exact {
        Tensor of(Tensor x, Tensor weight);
    }

    @Property(tries = 60)
    void shouldHaveTheOutputsAndGradientsOfFp64(
            @ForAll @IntRange(min = 1, max = 80) int in,
            @ForAll @IntRange(min = 1, max = 60) int out,
            @ForAll @IntRange(min = 1, max = 3) int kernel,
            @ForAll @IntRange(min = 1, max = 2) int stride,
            @ForAll MemoryLayout layout)
            throws IOException {
        Path file = Files.createTempFile("conv", ".ts");
        try {
            assertExact(
                    layout,
                    file,
                    "torch.conv2d(x, self.weight, None, [" + stride + "], [1, 1], [1], 1)",
                    new long[] {2, in, 8, 7},
                    new long[] {out, in, kernel, kernel},
                    (x, weight) -> torch.conv2d(
                            x,
                            weight,
                            new TensorOptional(),
                            new long[] {stride, stride},
                            new long[] {1, 1},
                            new long[] {1, 1},
                            1));
        } finally {
            Files.delete(file);
        }
    }

    /** Whose layout only the strides tell; nobody needs their gradient. */
    @ParameterizedTest
    @CsvSource({"1, 24", "1, 20", "3, 24", "1, 32", "3, 48"})
    void shouldHaveTheOutputsOfImagesOfFewChannels(int in, int out) {
        for (MemoryLayout layout : MemoryLayout.values()) {
            try (PointerScope scope = new PointerScope()) {
                Path file = folder.resolve(in + "-" + out + ".ts");
                save(file, "torch.conv2d(x, self.weight, None, [1], [1], [1], 1)", torch.randn(out, in, 3, 3));
                try (Model model = Model.torchScript(file)) {
                    model.setNumerics(new Numerics(layout, Autocast.OFF));
                    Tensor x = torch.randn(4, in, 9, 8);
                    Tensor weight = model.parameters().get(0);
                    long[] ones = {1, 1};
                    Tensor exactWeight = exact(weight);
                    Tensor exactY = torch.conv2d(exact(x), exactWeight, new TensorOptional(), ones, ones, ones, 1);
                    Tensor y = model.output(x);
                    Tensor direction = torch.randn(y.shape());
                    y.mul(direction).sum().backward();
                    exactY.mul(direction.to(ScalarType.Double)).sum().backward();
                    assertClose("output, " + layout, y, exactY);
                    assertClose("gradient of weights, " + layout, weight.grad(), exactWeight.grad());
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"24, 24, 24", "24, 48, 2", "40, 40, 40", "48, 24, 8", "12, 36, 3", "64, 64, 2", "20, 20, 1"})
    void shouldHaveThemInGroups(int in, int out, int groups) {
        for (MemoryLayout layout : MemoryLayout.values()) {
            assertExact(
                    layout,
                    folder.resolve("groups.ts"),
                    "torch.conv2d(x, self.weight, None, [1], [1], [1], " + groups + ")",
                    new long[] {4, in, 9, 8},
                    new long[] {out, in / groups, 3, 3},
                    (x, weight) -> {
                        long[] ones = {1, 1};
                        return torch.conv2d(x, weight, new TensorOptional(), ones, ones, ones, groups);
                    });
        }
    }

    @Test
    void shouldHaveThemInOneDimension() {
        assertExact(
                folder.resolve("one.ts"),
                "torch.conv1d(x, self.weight, None, [1], [1], [1], 1)",
                new long[] {4, 20, 9},
                new long[] {10, 20, 3},
                (x, weight) -> torch.conv1d(
                        x, weight, new TensorOptional(), new long[] {1}, new long[] {1}, new long[] {1}, 1));
    }

    @Test
    void shouldHaveThemIfTraced() {
        assertExact(
                folder.resolve("traced.ts"),
                "torch._convolution(x, self.weight, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, False, False,"
                        + " True, True)",
                new long[] {4, 20, 5, 5},
                new long[] {50, 20, 3, 3},
                (x, weight) -> {
                    long[] ones = {1, 1};
                    return torch.conv2d(x, weight, new TensorOptional(), ones, ones, ones, 1);
                });
    }

    @Test
    void shouldRefuseOthers() {
        try (PointerScope scope = new PointerScope()) {
            Path file = folder.resolve("three.ts");
            save(file, "torch.conv3d(x, self.weight)", torch.randn(6, 3, 3, 3, 3));
            assertThatThrownBy(() -> Model.torchScript(file))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "TorchScript module with a convolution that LibTorch's oneDNN may compute wrongly: file="
                                    + file + ", operation=aten::conv3d, expected=conv1d or conv2d with"
                                    + " numbers as padding; save such a module, or call"
                                    + " torch.globalContext().setUserEnabledMkldnn(false) first, which is slower");
        }
    }

    @Test
    void shouldRefuseDilationThatIsWrong() {
        try (PointerScope scope = new PointerScope()) {
            Path file = folder.resolve("dilated.ts");
            save(file, "torch.conv2d(x, self.weight, None, [1], [0], [2], 1)", torch.randn(50, 20, 3, 3));
            try (Model model = Model.torchScript(file)) {
                Tensor x = torch.randn(2, 20, 9, 9);
                assertThatThrownBy(() -> model.output(x))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("AssertionError: convolution that LibTorch's oneDNN may compute wrongly:"
                                + " found=dilation above 1, expected=dilation 1; save such a module, or call"
                                + " torch.globalContext().setUserEnabledMkldnn(false) first, which is slower");
            }
        }
    }

    @Test
    void shouldDilateInEachLayoutWhatIsRightInOne() {
        for (MemoryLayout layout : MemoryLayout.values()) {
            assertExact(
                    layout,
                    folder.resolve("dilated.ts"),
                    "torch.conv2d(x, self.weight, None, [1], [0], [2], 1)",
                    new long[] {2, 48, 9, 9},
                    new long[] {48, 48, 3, 3},
                    (x, weight) -> torch.conv2d(
                            x,
                            weight,
                            new TensorOptional(),
                            new long[] {1, 1},
                            new long[] {0, 0},
                            new long[] {2, 2},
                            1));
        }
    }

    private static void save(Path file, String expression, Tensor weight) {
        JitModule module = new JitModule(new QualifiedName("__torch__.Net"));
        module.register_parameter("weight", weight.set_requires_grad(true), false);
        module.define("def forward(self, x: Tensor) -> Tensor:\n    return " + expression + "\n");
        module.save(file.toString());
    }

    private static void assertExact(Path file, String expression, long[] shape, long[] weights, Exact exact) {
        assertExact(MemoryLayout.AUTO, file, expression, shape, weights, exact);
    }

    private static void assertExact(
            MemoryLayout layout, Path file, String expression, long[] shape, long[] weights, Exact exact) {
        try (PointerScope scope = new PointerScope()) {
            save(file, expression, torch.randn(weights));
            try (Model model = Model.torchScript(file)) {
                model.setNumerics(new Numerics(layout, Autocast.OFF));
                Tensor values = torch.randn(shape);
                Tensor x = values.clone().set_requires_grad(true);
                Tensor y = model.output(x);
                Tensor weight = model.parameters().get(0);
                Tensor exactX = exact(values);
                Tensor exactWeight = exact(weight);
                Tensor exactY = exact.of(exactX, exactWeight);
                Tensor direction = torch.randn(y.shape());
                y.mul(direction).sum().backward();
                exactY.mul(direction.to(ScalarType.Double)).sum().backward();
                assertClose("output", y, exactY);
                assertClose("gradient of images", x.grad(), exactX.grad());
                assertClose("gradient of weights", weight.grad(), exactWeight.grad());
            }
        }
    }

    private static Tensor exact(Tensor values) {
        return values.detach().to(ScalarType.Double).set_requires_grad(true);
    }

    private static void assertClose(String what, Tensor actual, Tensor expected) {
        Tensor difference = actual.detach().to(ScalarType.Double).sub(expected.detach());
        double error = difference.norm().item_double()
                / expected.detach().norm().add(new Scalar(1e-3)).item_double();
        assertThat(error).as(what).isLessThan(LIMIT);
    }
}
