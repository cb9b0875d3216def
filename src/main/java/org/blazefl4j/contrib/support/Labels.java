package org.blazefl4j.contrib.support;

import org.blazefl4j.data.Dataset;
import org.blazefl4j.data.FilteredDataset;
import org.blazefl4j.data.TensorDataset;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** Checks that the labels of samples in memory are classes of a model. */
final class Labels {

    /** The label that LibTorch's cross-entropy ignores. */
    private static final long IGNORED = -100;

    private Labels() {}

    /**
     * Checks one label per sample. Accepts other targets, targets with a transform and other data sets unchecked.
     *
     * @param whose for messages
     * @param classes the number of the model's outputs; 0 if it does not have one per class
     */
    static void require(String whose, Dataset dataset, long classes) {
        if (classes == 0) {
            return;
        }
        if (dataset instanceof FilteredDataset part && part.whole() instanceof TensorDataset whole) {
            require(whose, whole, part.indices(), classes);
        } else if (dataset instanceof TensorDataset whole) {
            require(whose, whole, null, classes);
        }
    }

    private static void require(String whose, TensorDataset whole, @Nullable Tensor indices, long classes) {
        if (whole.targetTransform() != null) {
            return;
        }
        Tensor targets = whole.targets();
        if (targets == null) {
            throw new IllegalArgumentException(
                    "samples without labels: " + whose + ", targets=none, expected=one label per sample");
        }
        if (targets.dim() != 1 || targets.is_floating_point()) {
            return;
        }
        ScalarType type = targets.scalar_type().intern();
        if (type != ScalarType.Long && type != ScalarType.Byte) {
            throw new IllegalArgumentException("labels of the wrong dtype: " + whose + ", dtype=" + type
                    + ", expected=Long or Byte; convert them to int64");
        }
        try (PointerScope scope = new PointerScope()) {
            Tensor own = (indices == null ? targets : targets.index_select(0, indices)).toType(ScalarType.Long);
            Tensor below = own.lt(new Scalar(0L)).logical_and(own.ne(new Scalar(IGNORED)));
            Tensor wrong = own.masked_select(own.ge(new Scalar(classes)).logical_or(below));
            if (wrong.numel() > 0) {
                throw new IllegalArgumentException("label out of range: " + whose + ", label="
                        + wrong.select(0, 0).item_long() + ", limit=0 to " + (classes - 1)
                        + "; give a model with an output for each class, or leave such samples out");
            }
        }
    }
}
