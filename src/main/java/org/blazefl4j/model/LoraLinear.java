package org.blazefl4j.model;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.FanModeType;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Nonlinearity;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.kFanIn;
import org.bytedeco.pytorch.kLeakyReLU;

/**
 * A fully connected layer whose weight and bias stay as they are, and a trained update of low rank (LoRA: Hu et al.,
 * ICLR 2022): {@code weight + lora_b lora_a / rank * alpha}. The update is zero at first.
 */
final class LoraLinear extends Model {

    private static final double ROOT_OF_FIVE = Math.sqrt(5);

    private final Tensor weight;
    private final Tensor bias;
    private final Tensor down;
    private final Tensor up;
    private final double scale;

    LoraLinear(long in, long out, int rank, double alpha) {
        try (PointerScope scope = new PointerScope();
                LinearImpl drawn = new LinearImpl(in, out)) {
            weight = frozen("weight", drawn.weight().detach().clone());
            bias = frozen("bias", drawn.bias().detach().clone());
            down = parameter("lora_a", torch.empty(rank, in));
            torch.kaiming_uniform_(
                    down, ROOT_OF_FIVE, new FanModeType(new kFanIn()), new Nonlinearity(new kLeakyReLU()));
            up = parameter("lora_b", torch.zeros(out, rank));
        }
        scale = alpha / rank;
    }

    private Tensor frozen(String name, Tensor value) {
        Tensor parameter = parameter(name, value);
        parameter.set_requires_grad(false);
        return parameter;
    }

    @Override
    public Tensor forward(Tensor x) {
        try (Tensor low = torch.linear(x, down);
                Tensor update = torch.linear(low, up);
                TensorOptional offset = new TensorOptional(bias);
                Tensor fixed = torch.linear(x, weight, offset);
                Scalar factor = new Scalar(scale)) {
            return fixed.add(update, factor);
        }
    }
}
