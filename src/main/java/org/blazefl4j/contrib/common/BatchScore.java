package org.blazefl4j.contrib.common;

import org.blazefl4j.core.Device;
import org.blazefl4j.data.Batch;
import org.blazefl4j.model.Model;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * How well a model does on one batch: a part of an {@link Evaluation}.
 *
 * @param loss the sum of the samples' cross-entropies, in FP64
 * @param hits the number of samples whose largest output is their class
 * @param samples the number of samples
 */
public record BatchScore(double loss, long hits, long samples) {

    /** {@code at::Reduction::None}. */
    private static final long NONE = 0;

    private static final long NO_INDEX = -100;

    /** Scores a batch, which is closed, by a model on the device in evaluation mode, without gradients. */
    static BatchScore of(Model model, Batch batch, Device device) {
        try (PointerScope scope = new PointerScope();
                Batch there = Batches.move(batch, device)) {
            Tensor output = model.output(there.x());
            long samples = there.y().size(0);
            Tensor losses = torch.cross_entropy_loss(output, there.y(), new TensorOptional(), NONE, NO_INDEX, 0);
            double loss = losses.sum(new ScalarTypeOptional(ScalarType.Double)).item_double();
            return new BatchScore(loss, hits(output, there.y()), samples);
        }
    }

    private static long hits(Tensor output, Tensor y) {
        return output.argmax(new LongOptional(1), false).eq(y).sum().item_long();
    }
}
