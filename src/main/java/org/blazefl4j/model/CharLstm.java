package org.blazefl4j.model;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.EmbeddingImpl;
import org.bytedeco.pytorch.LSTMImpl;
import org.bytedeco.pytorch.LSTMOptions;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.T_TensorT_TensorTensor_T_T;
import org.bytedeco.pytorch.Tensor;

/** {@link ModelName#LSTM}. */
final class CharLstm extends Model implements Model.Split {

    private static final int EMBEDDED = 8;
    private static final int HIDDEN = 256;
    private static final int LAYERS = 2;

    private final EmbeddingImpl embedding;
    private final LSTMImpl lstm;
    private final LinearImpl fc;

    CharLstm(int tokens) {
        Checks.positive("classes", tokens);
        embedding = register("embedding", new EmbeddingImpl(tokens, EMBEDDED));
        try (PointerScope scope = new PointerScope()) {
            LSTMOptions options = new LSTMOptions(EMBEDDED, HIDDEN);
            options.num_layers().put(LAYERS);
            options.batch_first().put(true);
            lstm = register("lstm", new LSTMImpl(options));
        }
        fc = linear("fc", HIDDEN, tokens);
    }

    @Override
    public Tensor forward(Tensor x) {
        return head(features(x));
    }

    /** Computes the last hidden state. */
    @Override
    public Tensor features(Tensor x) {
        try (T_TensorT_TensorTensor_T_T output = lstm.forward(embedding.forward(Tokens.of(x)));
                Tensor hidden = output.get0()) {
            return hidden.select(1, -1);
        }
    }

    @Override
    public Tensor head(Tensor features) {
        return fc.forward(features);
    }
}
