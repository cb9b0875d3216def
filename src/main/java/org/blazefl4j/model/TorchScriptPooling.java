package org.blazefl4j.model;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Block;
import org.bytedeco.pytorch.BlockArrayRef;
import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.Graph;
import org.bytedeco.pytorch.GraphFunction;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.JitNode;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.global.torch;

/**
 * Lets TorchScript modules pool by oneDNN, which is vectorised where LibTorch's own kernel is not: twice as fast, with
 * the same bits and gradients, unless there are NaN, which it leaves out.
 */
final class TorchScriptPooling {

    private static final String OPERATION = "aten::max_pool2d";

    /** Takes the arguments of the operation that it replaces. The type 6 is float32. */
    private static final String REPLACEMENT = """
            def max_pool2d(x: Tensor, kernel: List[int], stride: List[int], padding: List[int], dilation: List[int],
                           ceil: bool) -> Tensor:
                plain = not ceil and (dilation == [1, 1] or dilation == [1])
                if plain and x.dtype == 6 and x.is_cpu and x.dim() == 4 and x.numel() > 0 and x.is_contiguous():
                    steps = kernel if len(stride) == 0 else stride
                    return torch.mkldnn_max_pool2d(x.to_mkldnn(), kernel, steps, padding, dilation, ceil).to_dense()
                return torch.max_pool2d(x, kernel, stride, padding, dilation, ceil)
            """;

    /** Kept, since graphs refer to it. */
    private static final CompilationUnit COMPILED = compile();

    private TorchScriptPooling() {}

    private static CompilationUnit compile() {
        try (PointerScope scope = new PointerScope()) {
            return torch.compile(REPLACEMENT).retainReference();
        }
    }

    /** Replaces pooling in the graph that a module runs without autocast. Called before it first runs. */
    static void replaceIn(JitModule module) {
        try (PointerScope scope = new PointerScope()) {
            GraphFunction replacement = torch.toGraphFunction(COMPILED.get_function(new QualifiedName("max_pool2d")));
            Graph graph = torch.toGraphFunction(module.get_method("forward").function())
                    .optimized_graph();
            List<JitNode> found = new ArrayList<>();
            find(graph.block(), found);
            found.forEach(node -> torch.inlineCallTo(node, replacement, replacement.graph()));
        }
    }

    private static void find(Block block, List<JitNode> found) {
        long end = block.return_node().address();
        for (JitNode node = block.param_node().next(); node.address() != end; node = node.next()) {
            if (node.kind().toQualString().getString().equals(OPERATION)) {
                found.add(node);
            }
            BlockArrayRef inner = node.blocks();
            for (long i = 0; i < inner.size(); i++) {
                find(inner.get(i), found);
            }
        }
    }
}
