package org.blazefl4j.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Block;
import org.bytedeco.pytorch.BlockArrayRef;
import org.bytedeco.pytorch.FunctionSchema;
import org.bytedeco.pytorch.JitNode;
import org.bytedeco.pytorch.Value;
import org.bytedeco.pytorch.ValueArrayRef;

/**
 * Tells whether a graph changes tensors that share memory in some memory layouts only. {@code x.flatten(1)}, for one,
 * is a view of contiguous images and a copy of others, which nothing sees unless one of both is changed.
 */
final class TorchScriptAliases {

    /** Return views whatever the layout. */
    private static final Set<String> VIEWS = Set.of(
            "aten::permute",
            "aten::transpose",
            "aten::t",
            "aten::select",
            "aten::slice",
            "aten::unsqueeze",
            "aten::squeeze",
            "aten::narrow",
            "aten::expand",
            "aten::expand_as",
            "aten::detach",
            "aten::chunk",
            "aten::split",
            "aten::unbind");

    /** May return what they take, although their signatures do not say so. */
    private static final Set<String> PASSING =
            Set.of("aten::dropout", "aten::feature_dropout", "aten::alpha_dropout", "aten::feature_alpha_dropout");

    /** Each value that may share memory with others, and one of these; addresses. */
    private final Map<Long, Long> parents = new HashMap<>();

    private TorchScriptAliases() {}

    /** Returns whether something that may be changed may be a view or a copy. */
    static boolean changesWithLayout(List<JitNode> nodes) {
        TorchScriptAliases aliases = new TorchScriptAliases();
        nodes.stream().filter(TorchScriptAliases::mayPassOn).forEach(node -> aliases.unite(tensors(node)));
        Set<Long> changed = aliases.familiesOf(
                nodes.stream().filter(TorchScriptAliases::isMutable).toList());
        Set<Long> unsure = aliases.familiesOf(
                nodes.stream().filter(TorchScriptAliases::mayCopy).toList());
        return changed.stream().anyMatch(unsure::contains);
    }

    private static boolean mayPassOn(JitNode node) {
        return !node.kind().is_aten()
                || isKnown(node, FunctionSchema::hasAnyAliasInfo)
                || PASSING.contains(TorchScriptGraph.operation(node));
    }

    private static boolean isMutable(JitNode node) {
        return isKnown(node, FunctionSchema::is_mutable);
    }

    private static boolean mayCopy(JitNode node) {
        return isKnown(node, schema -> schema.hasAnyAliasInfo() && !schema.is_mutable())
                && !VIEWS.contains(TorchScriptGraph.operation(node));
    }

    private static boolean isKnown(JitNode node, Predicate<FunctionSchema> property) {
        FunctionSchema schema = node.maybeSchema();
        return schema != null && !schema.isNull() && property.test(schema);
    }

    /** Returns the values with tensors that a node and its blocks take and return. */
    private static List<Long> tensors(JitNode node) {
        List<Long> found = new ArrayList<>();
        collect(node.inputs(), found);
        collect(node.outputs(), found);
        BlockArrayRef blocks = node.blocks();
        for (long i = 0; i < blocks.size(); i++) {
            Block block = blocks.get(i);
            collect(block.inputs(), found);
            collect(block.outputs(), found);
        }
        return found;
    }

    private static void collect(ValueArrayRef values, List<Long> found) {
        for (long i = 0; i < values.size(); i++) {
            Value value = values.get(i);
            if (value.type().get().str().getString().contains("Tensor")) {
                found.add(value.address());
            }
        }
    }

    private void unite(List<Long> values) {
        for (long value : values) {
            parents.put(root(value), root(values.get(0)));
        }
    }

    private long root(long value) {
        long parent = parents.getOrDefault(value, value);
        return parent == value ? value : root(parent);
    }

    private Set<Long> familiesOf(List<JitNode> nodes) {
        return nodes.stream()
                .flatMap(node -> tensors(node).stream())
                .map(this::root)
                .collect(Collectors.toSet());
    }
}
