package org.blazefl4j.model;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Block;
import org.bytedeco.pytorch.BlockArrayRef;
import org.bytedeco.pytorch.Graph;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.JitNode;
import org.bytedeco.pytorch.Value;
import org.bytedeco.pytorch.global.torch;

/** The graph that a TorchScript module runs without autocast, with the calls in it inlined. */
final class TorchScriptGraph {

    private TorchScriptGraph() {}

    /** Returns the graph itself: what is replaced in it before it first runs is what runs. */
    static Graph of(JitModule module) {
        return torch.toGraphFunction(module.get_method("forward").function()).optimized_graph();
    }

    /** Returns the nodes of a graph with those of inner blocks, and those that return from blocks. */
    static List<JitNode> nodes(Graph graph) {
        List<JitNode> nodes = new ArrayList<>();
        collect(graph.block(), nodes);
        return nodes;
    }

    private static void collect(Block block, List<JitNode> nodes) {
        long end = block.return_node().address();
        for (JitNode node = block.param_node().next(); node.address() != end; node = node.next()) {
            nodes.add(node);
            BlockArrayRef inner = node.blocks();
            for (long i = 0; i < inner.size(); i++) {
                collect(inner.get(i), nodes);
            }
        }
        nodes.add(block.return_node());
    }

    /** Returns the name of a node's operation, such as {@code aten::relu}. */
    static String operation(JitNode node) {
        return node.kind().toQualString().getString();
    }

    /** Returns those of some nodes that take a value, once for each time. */
    static List<JitNode> users(Value value, List<JitNode> nodes) {
        return nodes.stream()
                .flatMap(node -> LongStream.range(0, node.inputs().size())
                        .filter(i -> node.inputs().get(i).address() == value.address())
                        .mapToObj(i -> node))
                .toList();
    }
}
