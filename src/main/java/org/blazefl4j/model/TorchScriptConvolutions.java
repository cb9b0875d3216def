package org.blazefl4j.model;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.blazefl4j.util.Arguments;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.Graph;
import org.bytedeco.pytorch.GraphFunction;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.JitNode;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.TypeKind;

/**
 * Lets TorchScript modules convolve right in float32 on the CPU, where LibTorch's oneDNN does not
 * ({@link OneDnnChannels}, whose rules the text repeats): {@code conv1d} and {@code conv2d}, scripted or traced.
 * Refuses others, and dilation where oneDNN is right for neither layout of the images.
 */
final class TorchScriptConvolutions {

    private static final String REPLACEMENTS = """
            def right(w: Tensor, kernel: int, stride: int, gradient: bool, last: bool) -> bool:
                ins = w.size(1)
                outs = w.size(0)
                block = 32 if last or stride > 1 else 16
                skips = kernel == 1 and stride > 1 and (last or ins >= 512)
                inputs = ins <= 16 or ins % block == 0
                outputs = (outs % 16 == 0 or not gradient) and (not last or outs <= 16 or outs % 32 == 0)
                return inputs and outputs and not skips

            def pair(numbers: List[int]) -> List[int]:
                return numbers if len(numbers) == 2 else [numbers[0], numbers[0]]

            def planes(x: Tensor, w: Tensor, b: Optional[Tensor], stride: List[int], padding: List[int],
                       dilation: List[int], kernel: List[int]) -> Tensor:
                if right(w, kernel[0] * kernel[1], max(stride), x.requires_grad, False):
                    return torch.conv2d(x, w, b, stride, padding, dilation, 1)
                assert max(dilation) == 1, "DILATED"
                return torch.thnn_conv2d(x, w, kernel, b, pair(stride), pair(padding))

            def conv2d(x: Tensor, w: Tensor, b: Optional[Tensor], stride: List[int], padding: List[int],
                       dilation: List[int], groups: int) -> Tensor:
                if groups == 1 and x.is_cpu and x.dtype == 6 and w.dtype == 6 and x.dim() == 4:
                    kernel = [w.size(2), w.size(3)]
                    last = not x.is_contiguous() or x.size(1) == 1 and x.stride(1) == 1
                    if not last:
                        return planes(x, w, b, stride, padding, dilation, kernel)
                    if not right(w, kernel[0] * kernel[1], max(stride), x.requires_grad, True):
                        y = planes(x.clone(memory_format=0), w, b, stride, padding, dilation, kernel)
                        return y.contiguous(memory_format=2)
                return torch.conv2d(x, w, b, stride, padding, dilation, groups)

            def conv1d(x: Tensor, w: Tensor, b: Optional[Tensor], stride: List[int], padding: List[int],
                       dilation: List[int], groups: int) -> Tensor:
                if groups == 1 and x.is_cpu and x.dtype == 6 and w.dtype == 6 and x.dim() == 3:
                    if not right(w, w.size(2), max(stride), x.requires_grad, True):
                        return conv2d(x.contiguous().unsqueeze(2), w.unsqueeze(2), b, [1, max(stride)],
                                      [0, max(padding)], [1, max(dilation)], groups).squeeze(2)
                return torch.conv1d(x, w, b, stride, padding, dilation, groups)

            def traced(x: Tensor, w: Tensor, b: Optional[Tensor], stride: List[int], padding: List[int],
                       dilation: List[int], transposed: bool, output_padding: List[int], groups: int, benchmark: bool,
                       deterministic: bool, cudnn: bool, tf32: bool) -> Tensor:
                assert w.dim() <= 4 and not transposed, "TRACED"
                if w.dim() == 4:
                    return conv2d(x, w, b, stride, padding, dilation, groups)
                if w.dim() == 3:
                    return conv1d(x, w, b, stride, padding, dilation, groups)
                return torch._convolution(x, w, b, stride, padding, dilation, transposed, output_padding, groups, benchmark,
                                          deterministic, cudnn, tf32)
            """.replace("DILATED", refusal("dilation above 1", "dilation 1"))
            .replace("TRACED", refusal("transposed or in 3-d", "conv1d or conv2d"));

    private static String refusal(String found, String expected) {
        return "convolution that LibTorch's oneDNN may compute wrongly: found=" + found + ", expected=" + expected
                + "; save such a module, or call torch.globalContext().setUserEnabledMkldnn(false) first, which is slower";
    }

    private static final String CONVOLUTIONS = "aten::_?conv(olution|[123]d|_transpose[123]d)";

    /** The operations that are replaced, by their names in graphs. */
    private static final Map<String, String> REPLACED = Map.of(
            "aten::conv1d", "conv1d",
            "aten::conv2d", "conv2d",
            "aten::_convolution", "traced");

    /** Kept, since graphs refer to it. */
    private static final CompilationUnit COMPILED = compile();

    private TorchScriptConvolutions() {}

    private static CompilationUnit compile() {
        try (PointerScope scope = new PointerScope()) {
            return torch.compile(REPLACEMENTS).retainReference();
        }
    }

    /**
     * Replaces convolutions in the graph that a module runs without autocast. Called before it first runs.
     *
     * @return whether there are any, of images
     */
    static boolean replaceIn(JitModule module, Path file) {
        if (!torch.globalContext().userEnabledMkldnn()) {
            return false;
        }
        try (PointerScope scope = new PointerScope()) {
            List<JitNode> convolutions = TorchScriptGraph.nodes(TorchScriptGraph.of(module)).stream()
                    .filter(node -> TorchScriptGraph.operation(node).matches(CONVOLUTIONS))
                    .toList();
            boolean ofImages = convolutions.stream()
                    .map(TorchScriptGraph::operation)
                    .anyMatch(name -> !name.equals("aten::conv1d"));
            convolutions.forEach(node -> replace(node, file));
            return ofImages;
        }
    }

    private static void replace(JitNode node, Path file) {
        String operation = TorchScriptGraph.operation(node);
        GraphFunction replacement = torch.toGraphFunction(
                COMPILED.get_function(new QualifiedName(REPLACED.getOrDefault(operation, "conv2d"))));
        Graph graph = replacement.optimized_graph();
        boolean fits = REPLACED.containsKey(operation)
                && node.input(4).type().get().kind().intern() == TypeKind.ListType
                && node.inputs().size() == graph.inputs().size();
        Arguments.require(
                fits,
                () -> "TorchScript module with a convolution that LibTorch's oneDNN may compute wrongly: file=" + file
                        + ", operation=" + operation + ", expected=conv1d or conv2d with numbers as padding;"
                        + " save such a module, or call torch.globalContext().setUserEnabledMkldnn(false) first,"
                        + " which is slower");
        torch.inlineCallTo(node, replacement, graph);
    }
}
