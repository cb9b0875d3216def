package org.blazefl4j.model;

import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.GraphFunction;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.JitNode;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.global.torch;

/**
 * Lets TorchScript modules pool by oneDNN, which is vectorised where LibTorch's own kernel is not: twice as fast, with
 * the same bits and gradients, unless there are NaN, which it leaves out. A ReLU whose result is pooled and nothing
 * else comes after pooling, where it has less to do: they commute, in outputs and gradients.
 */
final class TorchScriptPooling {

    private static final String OPERATION = "aten::max_pool2d";
    private static final String RELU = "aten::relu";

    /** Take the arguments of the operation that they replace. The type 6 is float32. */
    private static final String REPLACEMENTS = """
            def pool(x: Tensor, kernel: List[int], stride: List[int], padding: List[int], dilation: List[int],
                     ceil: bool) -> Tensor:
                plain = not ceil and (dilation == [1, 1] or dilation == [1])
                if plain and x.dtype == 6 and x.is_cpu and x.dim() == 4 and x.numel() > 0 and x.is_contiguous():
                    steps = kernel if len(stride) == 0 else stride
                    return torch.mkldnn_max_pool2d(x.to_mkldnn(), kernel, steps, padding, dilation, ceil).to_dense()
                return torch.max_pool2d(x, kernel, stride, padding, dilation, ceil)

            def pool_relu(x: Tensor, kernel: List[int], stride: List[int], padding: List[int], dilation: List[int],
                          ceil: bool) -> Tensor:
                return torch.relu(pool(x, kernel, stride, padding, dilation, ceil))
            """;

    /** Kept, since graphs refer to it. */
    private static final CompilationUnit COMPILED = compile();

    private TorchScriptPooling() {}

    private static CompilationUnit compile() {
        try (PointerScope scope = new PointerScope()) {
            return torch.compile(REPLACEMENTS).retainReference();
        }
    }

    /** Replaces pooling in the graph that a module runs without autocast. Called before it first runs. */
    static void replaceIn(JitModule module) {
        try (PointerScope scope = new PointerScope()) {
            List<JitNode> nodes = TorchScriptGraph.nodes(TorchScriptGraph.of(module));
            List<JitNode> pools =
                    nodes.stream().filter(node -> is(node, OPERATION)).toList();
            // Before anything is replaced, which frees nodes
            List<Optional<JitNode>> relus =
                    pools.stream().map(pool -> reluBefore(pool, nodes)).toList();
            for (int i = 0; i < pools.size(); i++) {
                replace(pools.get(i), relus.get(i));
            }
        }
    }

    /** Returns the ReLU whose result a node pools and nothing else uses. */
    private static Optional<JitNode> reluBefore(JitNode pool, List<JitNode> nodes) {
        JitNode before = pool.input(0).node();
        return is(before, RELU)
                        && TorchScriptGraph.users(before.output(), nodes).size() == 1
                ? Optional.of(before)
                : Optional.empty();
    }

    private static void replace(JitNode pool, Optional<JitNode> relu) {
        relu.ifPresent(before -> pool.replaceInput(0, before.input(0)));
        GraphFunction replacement = torch.toGraphFunction(
                COMPILED.get_function(new QualifiedName(relu.isPresent() ? "pool_relu" : "pool")));
        torch.inlineCallTo(pool, replacement, replacement.optimized_graph());
        relu.ifPresent(JitNode::destroy);
    }

    private static boolean is(JitNode node, String operation) {
        return TorchScriptGraph.operation(node).equals(operation);
    }
}
