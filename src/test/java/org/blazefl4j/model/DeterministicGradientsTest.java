package org.blazefl4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.blazefl4j.core.ModelSelector;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.EdgeVector;
import org.bytedeco.pytorch.Node;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Gradients of the models by LibTorch's operations alone, as on a device. On the CPU, those of double precision are.
 */
class DeterministicGradientsTest {

    /** The gradients for which LibTorch 2.10 has no deterministic algorithm on CUDA, so that it throws. */
    private static final Pattern WITHOUT = Pattern.compile("(AdaptiveAvgPool[23]D|AdaptiveMaxPool2D|AvgPool3D"
            + "|MaxPool3D|FractionalMaxPool[23]D|MaxUnpool[23]D|CtcLoss|NllLoss2D|EmbeddingBag|GridSampler[23]D"
            + "|(Reflection|Replication)Pad[123]D|Upsample(Linear1D|Bilinear2D|Bicubic2D|Trilinear3D)(Aa)?|Cumsum"
            + "|IndexReduce|ScatterReduce|Kthvalue|Median|Put)[A-Za-z]*Backward[0-9A-Z]*");

    private static Set<String> gradients(Tensor loss) {
        Deque<Node> left = new ArrayDeque<>();
        Set<Long> seen = new HashSet<>();
        Set<String> names = new TreeSet<>();
        left.add(loss.grad_fn());
        while (!left.isEmpty()) {
            Node node = left.remove();
            if (!seen.add(node.address())) {
                continue;
            }
            BytePointer name = node.name();
            names.add(name.getString());
            EdgeVector next = node.next_edges();
            for (long i = 0; i < next.size(); i++) {
                Node function = next.get(i).function();
                if (function != null) {
                    left.add(function);
                }
            }
        }
        return names;
    }

    @ParameterizedTest
    @EnumSource(ModelName.class)
    void shouldHaveDeterministicAlgorithmsForAllOfAModel(ModelName name) {
        try (PointerScope scope = new PointerScope();
                Model model = ModelSelector.seeded(42, 3, 32, 32, 10).selectModel(name)) {
            model.to(ScalarType.Double, false);
            Tensor x = torch.zeros(4, 3, 32, 32).toType(ScalarType.Double);
            Tensor y = torch.zeros(4).toType(ScalarType.Long);
            model.eval();
            Set<String> names = gradients(torch.cross_entropy(model.output(x), y));
            assertThat(names).contains("NllLossBackward0").noneMatch(WITHOUT.asMatchPredicate());
        }
    }

    /** It pools to one pixel, of which LibTorch makes a mean, unlike pooling to more. */
    @Test
    void shouldPoolByAMeanInResNets() {
        try (PointerScope scope = new PointerScope()) {
            Tensor x = torch.zeros(2, 3, 4, 4).set_requires_grad(true);
            Tensor one = torch.adaptive_avg_pool2d(x, 1, 1);
            assertThat(gradients(one)).contains("MeanBackward1").noneMatch(WITHOUT.asMatchPredicate());
            Tensor four = torch.adaptive_avg_pool2d(x, 2, 2);
            assertThat(gradients(four)).anyMatch(WITHOUT.asMatchPredicate());
        }
    }
}
