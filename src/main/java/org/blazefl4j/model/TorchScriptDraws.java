package org.blazefl4j.model;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Block;
import org.bytedeco.pytorch.BlockArrayRef;
import org.bytedeco.pytorch.Graph;
import org.bytedeco.pytorch.IValueOptional;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.JitNode;
import org.bytedeco.pytorch.Symbol;
import org.bytedeco.pytorch.global.torch;

/**
 * When a TorchScript module may draw from LibTorch's default generator, as its graph tells. It counts branches that are
 * never taken, and whatever the graph hides, as operations that draw.
 */
enum TorchScriptDraws {
    NEVER,
    /** As {@code nn.Dropout} does. */
    IN_TRAINING,
    ALWAYS;

    /** Returns when {@code forward} may draw, with all that it calls. */
    static TorchScriptDraws of(JitModule module) {
        try (PointerScope scope = new PointerScope()) {
            return of(TorchScriptGraph.of(module).block());
        }
    }

    static TorchScriptDraws of(Block block) {
        TorchScriptDraws most = NEVER;
        long end = block.return_node().address();
        for (JitNode node = block.param_node().next(); node.address() != end; node = node.next()) {
            most = most.or(of(node));
            BlockArrayRef inner = node.blocks();
            for (long i = 0; i < inner.size(); i++) {
                most = most.or(of(inner.get(i)));
            }
        }
        return most;
    }

    private TorchScriptDraws or(TorchScriptDraws other) {
        return compareTo(other) < 0 ? other : this;
    }

    private static TorchScriptDraws of(JitNode node) {
        Symbol kind = node.kind();
        if (!kind.is_aten()) {
            return switch (kind.toQualString().getString()) {
                case "prim::CallMethod", "prim::CallFunction", "prim::fork", "prim::awaitable" -> ALWAYS;
                default -> kind.is_prim() ? NEVER : ALWAYS;
            };
        }
        if (!node.isNondeterministic() || isZero(node, "dropout") || isZero(node, "dropout_p")) {
            return NEVER;
        }
        return isOfMode(node, "train") || isOfMode(node, "training") ? IN_TRAINING : ALWAYS;
    }

    private static boolean isZero(JitNode node, String argument) {
        if (!node.hasNamedInput(argument)) {
            return false;
        }
        IValueOptional value = torch.toIValue(node.namedInput(argument));
        return value.has_value() && value.get().isDouble() && value.get().toDouble() == 0;
    }

    /** Returns whether an argument is the mode of a module. */
    private static boolean isOfMode(JitNode node, String argument) {
        if (!node.hasNamedInput(argument)) {
            return false;
        }
        JitNode from = node.namedInput(argument).node();
        Graph shown = new Graph(); // its text tells the attribute, which s() does not: that text is freed too early
        shown.appendNode(shown.create(from.kind(), 1).copyAttributes(from));
        return shown.toString().contains("= prim::GetAttr[name=\"training\"]()");
    }
}
