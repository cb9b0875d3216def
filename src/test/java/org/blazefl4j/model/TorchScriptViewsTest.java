package org.blazefl4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.model.Numerics.Autocast;
import org.blazefl4j.model.Numerics.MemoryLayout;
import org.blazefl4j.modelfile.ModelFixtures;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * TorchScript modules with convolutions compute on images whose channels lie together, unless their code forbids it.
 */
final class TorchScriptViewsTest {

    @TempDir
    private Path folder;

    /** Saves a module that convolves images of 3x6x6 to 8x4x4, and goes on as given. */
    private Model model(String... rest) {
        Path file = folder.resolve("net.ts");
        try (PointerScope scope = new PointerScope()) {
            torch.manual_seed(5);
            JitModule module = new JitModule(new QualifiedName("__torch__.Net"));
            module.register_parameter("kernel", torch.randn(8, 3, 3, 3).set_requires_grad(true), false);
            module.register_parameter("weight", torch.randn(4, 128).set_requires_grad(true), false);
            module.define("def forward(self, x: Tensor) -> Tensor:\n"
                    + "    y = torch.conv2d(x, self.kernel, None, [1], [0], [1], 1)\n    "
                    + String.join("\n    ", rest) + "\n");
            module.save(file.toString());
        }
        return Model.torchScript(file);
    }

    /** Returns the hashes of an output and of the parameters' gradients. */
    private static List<String> pass(Model model, MemoryLayout layout) {
        model.setNumerics(new Numerics(layout, Autocast.OFF));
        try (PointerScope scope = new PointerScope()) {
            torch.manual_seed(6);
            Tensor y = model.output(torch.randn(5, 3, 6, 6));
            y.mul(torch.randn(y.shape())).sum().backward();
            List<String> hashes = new ArrayList<>(List.of(Tensors.sha256(y)));
            for (long i = 0; i < model.parameters().size(); i++) {
                Tensor parameter = model.parameters().get(i);
                if (parameter.grad().defined()) {
                    hashes.add(Tensors.sha256(parameter.grad()));
                }
                parameter.mutable_grad().reset();
            }
            return hashes;
        }
    }

    /** Returns the choice of a processor without AVX-512; others keep all images contiguous. */
    private static MemoryLayout quickest(Model model) {
        TorchScriptModel script = (TorchScriptModel) model;
        assertThat(script.quickestLayout(Autocast.OFF, true)).isEqualTo(MemoryLayout.CONTIGUOUS);
        return script.quickestLayout(Autocast.OFF, false);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "return torch.linear(y.view(y.size(0), -1), self.weight)",
                "return torch.linear(torch.dropout(y.view([-1, 128]), 0.5, False), self.weight)",
                "return torch.linear(torch.flatten(y, 1), self.weight)",
                "return torch.linear(y.reshape(y.size(0), -1), self.weight)",
                "return (y * y.mean([2, 3]).view(y.size(0), 8, 1, 1)).flatten(1)",
                "y += 1.0; y = torch.max_pool2d(torch.relu_(y), 2); return y.flatten(1)",
                "z = torch.linear(y.flatten(1), self.weight); z = torch.relu_(z); return z",
            })
    void shouldHaveChannelsLastWhereNothingSeesHowImagesLie(String rest) {
        try (Model model = model(lines(rest))) {
            assertThat(quickest(model)).isEqualTo(MemoryLayout.CHANNELS_LAST);
            assertThat(model.quickestLayout(Autocast.BFLOAT16)).isEqualTo(MemoryLayout.CONTIGUOUS);
            List<String> channelsLast = pass(model, MemoryLayout.CHANNELS_LAST);
            List<String> contiguous = pass(model, MemoryLayout.CONTIGUOUS);
            assertThat(pass(model, MemoryLayout.AUTO))
                    .isEqualTo(NumericEnvironment.hasAvx512() ? contiguous : channelsLast)
                    .hasSameSizeAs(channelsLast);
        }
    }

    /** Returns statements as lines; one after a colon is in its block. */
    private static String[] lines(String statements) {
        List<String> lines = new ArrayList<>();
        for (String line : statements.split("; ?")) {
            boolean inner = !lines.isEmpty() && lines.get(lines.size() - 1).endsWith(":");
            lines.add((inner ? "    " : "") + line);
        }
        return lines.toArray(String[]::new);
    }

    /** What changes a view changes the tensor that is viewed. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "v = y.view(y.size(0), -1); v += 1.0; return y.sum([2, 3])",
                "v = torch.dropout(y.view(y.size(0), -1), 0.5, False); v.mul_(2.0); return y.sum([2, 3]) + v[:, :8]",
                "v = y.view(y.size(0), -1); v[:, 0] = 1.0; return y.sum([2, 3])",
                "return y.view(y.size(0), 2, 4, 4, 4).transpose(1, 2).flatten(1)",
                "v = y.view(y.size(0), -1); y.add_(1.0); return torch.linear(v, self.weight)",
                "v = y.view(y.size(0), -1); y = torch.relu_(y); return torch.linear(v, self.weight) + y.mean()",
                "v = y.flatten(1); v += 1.0; return y.sum([2, 3])",
                "v = y.reshape(y.size(0), -1); v = torch.relu_(v); return torch.linear(v, self.weight) + y.mean()",
                "z = y.contiguous(); z += 1.0; return y.sum([2, 3])",
                "y = torch.relu(y); z = y.permute([0, 2, 3, 1]).contiguous(); z += 1.0; return z.sum([1, 2])",
                "v = torch.dropout(y, 0.5, False).flatten(1); v += 1.0; return y.sum([2, 3]) + v[:, :8]",
                "l = [y.flatten(1)]; l[0].add_(1.0); return y.sum([2, 3])",
                "w = y; if y.size(0) > 1:; w = y.flatten(1).unsqueeze(1); w += 1.0; return y.sum([2, 3])",
                "return torch._unsafe_view(y, [y.size(0), 128])",
                "return y.view_as(torch.ones([y.size(0), 128]))",
                "assert y.is_contiguous(); return y.flatten(1)",
                "return y.flatten(1) * float(y.stride(1))",
                "return torch.as_strided(y, [y.size(0), 128], [128, 1])",
                "if y.size(0) > 1:; v = y.view(y.size(0), -1); else:; v = y.flatten(1); return v",
            })
    void shouldKeepImagesContiguousWhereSomethingDoes(String rest) {
        try (Model model = model(lines(rest))) {
            assertThat(quickest(model)).isEqualTo(MemoryLayout.CONTIGUOUS);
            List<String> contiguous = pass(model, MemoryLayout.CONTIGUOUS);
            assertThat(pass(model, MemoryLayout.AUTO)).isEqualTo(contiguous);
        }
    }

    @Test
    void shouldSayWhereViewsFailIfChannelsLastIsAskedFor() {
        try (Model model = model("return y.view_as(torch.ones([y.size(0), 128]))")) {
            assertThatThrownBy(() -> pass(model, MemoryLayout.CHANNELS_LAST))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("TorchScript module failed: file=" + folder.resolve("net.ts")
                            + ", found=view size is not compatible with input tensor's size and stride");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "net.ts, channels_last",
        "cnn.ts, channels_last",
        "channels-last.ts, channels_last",
        "pools.ts, contiguous",
        "images.ts, contiguous",
        "recurrent.ts, contiguous"
    })
    void shouldChooseByConvolutions(String name, String layout) {
        try (Model model = Model.torchScript(ModelFixtures.file(name))) {
            assertThat(quickest(model)).hasToString(layout);
        }
    }
}
