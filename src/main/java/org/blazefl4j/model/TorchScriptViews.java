package org.blazefl4j.model;

import java.util.List;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.Graph;
import org.bytedeco.pytorch.GraphFunction;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.JitNode;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.Value;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.TypeKind;

/**
 * Lets TorchScript modules compute on images whose channels lie together, where {@code x.view(...)} fails: it becomes
 * {@code x.reshape(...)}, which copies if it must, where nothing could see that it is a copy.
 */
final class TorchScriptViews {

    private static final String VIEW = "aten::view";

    /** Return new tensors, or numbers, and change none. */
    private static final Set<String> FRESH = Set.of(
            "aten::linear",
            "aten::relu",
            "aten::add",
            "aten::mul",
            "aten::batch_norm",
            "aten::log_softmax",
            "aten::size");

    /** May return what they take. */
    private static final Set<String> PASSING = Set.of("aten::dropout", "aten::expand_as");

    /** Depend on how a tensor lies in memory. */
    private static final Set<String> OF_MEMORY = Set.of(
            VIEW,
            "aten::view_as",
            "aten::_unsafe_view",
            "aten::view_as_complex",
            "aten::unflatten",
            "aten::as_strided",
            "aten::is_contiguous",
            "aten::stride",
            "aten::storage_offset",
            "aten::resize_",
            "aten::set_");

    private static final Set<String> HIDING =
            Set.of("prim::CallMethod", "prim::CallFunction", "prim::fork", "prim::awaitable");

    /** Kept, since graphs refer to it. */
    private static final CompilationUnit COMPILED = compile();

    private TorchScriptViews() {}

    private static CompilationUnit compile() {
        try (PointerScope scope = new PointerScope()) {
            return torch.compile("""
                    def reshape(x: Tensor, size: List[int]) -> Tensor:
                        return x.reshape(size)
                    """).retainReference();
        }
    }

    /**
     * Replaces what can be replaced in the graph that a module runs without autocast. Called before other replacements.
     *
     * @return whether all that is left computes in each memory layout
     */
    static boolean replaceIn(JitModule module) {
        try (PointerScope scope = new PointerScope()) {
            Graph graph = TorchScriptGraph.of(module);
            List<JitNode> nodes = TorchScriptGraph.nodes(graph);
            if (TorchScriptAliases.changesWithLayout(nodes)) {
                return false;
            }
            List<JitNode> views = nodes.stream()
                    .filter(node -> isViewOfSize(node) && isUnseen(node.output(), nodes))
                    .toList();
            for (JitNode view : views) {
                GraphFunction reshape = torch.toGraphFunction(COMPILED.get_function(new QualifiedName("reshape")));
                torch.inlineCallTo(view, reshape, reshape.optimized_graph());
            }
            return TorchScriptGraph.nodes(graph).stream().noneMatch(TorchScriptViews::dependsOnMemory);
        }
    }

    private static boolean isViewOfSize(JitNode node) {
        return TorchScriptGraph.operation(node).equals(VIEW)
                && node.input(1).type().get().kind().intern() == TypeKind.ListType;
    }

    /** Returns whether nothing that takes a value changes it. */
    private static boolean isUnseen(Value value, List<JitNode> nodes) {
        return TorchScriptGraph.users(value, nodes).stream().allMatch(user -> {
            String operation = TorchScriptGraph.operation(user);
            return FRESH.contains(operation) || PASSING.contains(operation) && isUnseen(user.output(), nodes);
        });
    }

    private static boolean dependsOnMemory(JitNode node) {
        String operation = TorchScriptGraph.operation(node);
        boolean known = node.kind().is_aten() || node.kind().is_prim();
        return !known || OF_MEMORY.contains(operation) || HIDING.contains(operation);
    }
}
