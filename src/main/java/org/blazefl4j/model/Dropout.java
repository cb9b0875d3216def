package org.blazefl4j.model;

import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Dropout (Srivastava et al., JMLR 2014) that draws from the model's own generator, so that a client's masks depend
 * only on its random stream. LibTorch's dropout draws from the default generator, which threads share.
 *
 * <p>During training, zeroes elements independently and scales the others by {@code 1 / (1 - probability)}; otherwise
 * returns the input unchanged.
 */
public final class Dropout extends Model {

    private final double probability;

    /** Creates a layer that zeroes each element with a probability in [0, 1]. */
    public Dropout(double probability) {
        Checks.dropout(probability);
        this.probability = probability;
    }

    /**
     * Returns a new tensor during training, otherwise {@code x} itself.
     *
     * @throws IllegalStateException if training without a generator
     */
    @Override
    public Tensor forward(Tensor x) {
        if (probability == 0 || !is_training()) {
            return x;
        }
        double kept = 1 - probability;
        // drawn on the CPU, where the client's stream is, whatever the device of x
        Tensor mask = x.is_cpu() ? torch.empty_like(x) : torch.empty(x.shape());
        mask.bernoulli_(kept, new GeneratorOptional(generator()));
        if (kept > 0) {
            mask.div_(new Scalar(kept));
        }
        if (x.is_cpu()) {
            return x.mul(mask);
        }
        try (Device device = x.device();
                Tensor there = Tensors.send(mask, device);
                Tensor scaled = there.toType(Tensors.type(x))) {
            return x.mul(scaled);
        }
    }
}
