package org.blazefl4j.model;

import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.EmbeddingImpl;
import org.bytedeco.pytorch.LayerNormImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** {@link ModelName#GPT} and {@link ModelName#GPT_LORA}. */
final class Gpt extends Model implements Model.Split {

    private static final int WIDTH = 128;
    private static final int HEADS = 4;
    private static final int BLOCKS = 4;
    private static final int RANK = 8;
    private static final double ALPHA = 16;

    private final EmbeddingImpl token;
    private final EmbeddingImpl position;
    private final Sequential blocks = new Sequential();
    private final LayerNormImpl norm;
    private final LinearImpl head;

    /**
     * Creates a model.
     *
     * @param length the number of tokens in a sample
     * @param adapted whether attention is trained by updates of low rank and everything else stays as it is
     */
    Gpt(int tokens, int length, boolean adapted) {
        Checks.positive("classes", tokens);
        Checks.positive("width", length);
        token = register("token", new EmbeddingImpl(tokens, WIDTH));
        position = register("position", new EmbeddingImpl(length, WIDTH));
        for (int i = 0; i < BLOCKS; i++) {
            blocks.add(new Block(adapted));
        }
        register("blocks", blocks);
        norm = register("norm", layerNorm());
        head = linear("head", WIDTH, tokens, false);
        if (adapted) {
            freezeAllButUpdates();
        }
    }

    private static LayerNormImpl layerNorm() {
        try (LongVector shape = new LongVector(new long[] {WIDTH})) {
            return new LayerNormImpl(shape);
        }
    }

    private void freezeAllButUpdates() {
        try (PointerScope scope = new PointerScope()) {
            var named = named_parameters(true);
            var names = named.keys();
            TensorVector values = named.values();
            for (long i = 0; i < values.size(); i++) {
                values.get(i).set_requires_grad(names.get(i).getString().contains(".lora_"));
            }
        }
    }

    /** Causal self-attention, then a perceptron, each added to its normalised input's source. */
    private static final class Block extends Model {

        private final LayerNormImpl norm1 = register("norm1", layerNorm());
        private final UnaryOperator<Tensor> qkv;
        private final UnaryOperator<Tensor> proj;
        private final LayerNormImpl norm2;
        private final LinearImpl fc1;
        private final LinearImpl fc2;

        Block(boolean adapted) {
            qkv = attention("qkv", 3 * WIDTH, adapted);
            proj = attention("proj", WIDTH, adapted);
            norm2 = register("norm2", layerNorm());
            fc1 = linear("fc1", WIDTH, 4 * WIDTH);
            fc2 = linear("fc2", 4 * WIDTH, WIDTH);
        }

        private UnaryOperator<Tensor> attention(String name, int out, boolean adapted) {
            return adapted
                    ? register(name, new LoraLinear(WIDTH, out, RANK, ALPHA))::forward
                    : linear(name, WIDTH, out)::forward;
        }

        @Override
        public Tensor forward(Tensor x) {
            Tensor h = x.add(proj.apply(attend(qkv.apply(norm1.forward(x)))));
            return h.add(fc2.forward(torch.gelu(fc1.forward(norm2.forward(h)))));
        }

        private static Tensor attend(Tensor all) {
            long n = all.size(0);
            long length = all.size(1);
            Tensor parts = all.view(n, length, 3, HEADS, WIDTH / HEADS).permute(2, 0, 3, 1, 4);
            try (TensorOptional mask = new TensorOptional();
                    DoubleOptional scale = new DoubleOptional()) {
                return torch.scaled_dot_product_attention(
                                parts.select(0, 0), parts.select(0, 1), parts.select(0, 2), mask, 0, true, scale, false)
                        .transpose(1, 2)
                        .reshape(n, length, WIDTH);
            }
        }
    }

    @Override
    public Tensor forward(Tensor x) {
        return head(features(x));
    }

    /** Computes the normalised output at the last token. */
    @Override
    public Tensor features(Tensor x) {
        Tensor tokens = Tokens.of(x);
        Tensor places = position.weight().narrow(0, 0, tokens.size(1));
        return norm.forward(blocks.forward(token.forward(tokens).add(places)).select(1, -1));
    }

    @Override
    public Tensor head(Tensor features) {
        return head.forward(features);
    }
}
