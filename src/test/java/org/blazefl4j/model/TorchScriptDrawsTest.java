package org.blazefl4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.blazefl4j.modelfile.ModelFixtures;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TorchScriptDrawsTest {

    @ParameterizedTest
    @CsvSource({
        "net.ts, IN_TRAINING",
        "images.ts, IN_TRAINING",
        "recurrent.ts, NEVER",
        "cnn.ts, NEVER",
        "pools.ts, NEVER",
        "late.ts, ALWAYS",
        "always.ts, ALWAYS"
    })
    void shouldTellWhenAModuleDraws(String name, TorchScriptDraws expected) {
        LibTorch.load();
        try (PointerScope scope = new PointerScope()) {
            JitModule module = torch.load(ModelFixtures.file(name).toString(), new DeviceOptional(), false);
            assertThat(TorchScriptDraws.of(module)).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "torch.dropout(x, 0.5, False)|NEVER",
                "torch.dropout(x, 0.5, True)|ALWAYS",
                "torch.dropout(x, 0.5, bool(x.size(0) > 1))|ALWAYS",
                "torch.dropout_(x, 0.5, True)|ALWAYS",
                "torch.feature_alpha_dropout(x, 0.5, True)|ALWAYS",
                "torch.rrelu(x, 0.1, 0.3, True)|ALWAYS",
                "x + torch.rand_like(x)|ALWAYS",
                "x + torch.rand([2])|ALWAYS",
                "x[torch.randperm(2)]|ALWAYS",
                "x.normal_(0., 1.)|ALWAYS",
                "torch.normal(x, 1.)|ALWAYS",
                "x.uniform_()|ALWAYS",
                "torch.bernoulli(x)|ALWAYS",
                "x.bernoulli_(0.5)|ALWAYS",
                "x.exponential_()|ALWAYS",
                "torch.multinomial(x, 1)|ALWAYS",
                "torch.poisson(x)|ALWAYS",
                "torch.scaled_dot_product_attention(x, x, x, None, 0.1)|ALWAYS",
                "torch.scaled_dot_product_attention(x, x, x, None, 0.0)|NEVER",
                "torch.relu(x) if x.size(0) > 1 else torch.rand_like(x)|ALWAYS",
                "torch.relu(x.mean(0))|NEVER"
            })
    void shouldTellWhenOperationsDraw(String expression, TorchScriptDraws expected) {
        LibTorch.load();
        try (PointerScope scope = new PointerScope()) {
            var unit = torch.compile("def f(x: Tensor) -> Tensor:\n    return " + expression + "\n");
            var graph = torch.toGraphFunction(unit.get_function(new QualifiedName("f")));
            assertThat(TorchScriptDraws.of(graph.optimized_graph().block())).isEqualTo(expected);
        }
    }
}
