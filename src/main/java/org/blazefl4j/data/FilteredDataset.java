package org.blazefl4j.data;

import java.util.Optional;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A selection of a data set's samples, such as one client's part of shared data. Stores indices only. Owns neither them
 * nor the tensors of the data set: close them after the last use.
 *
 * @param indices the selected samples, int64 of shape [k], each in [0, size of the whole), on the CPU, not to be
 *     written to; the size is k
 * @param whole reads and transforms the samples
 */
public record FilteredDataset(Tensor indices, Dataset whole) implements Dataset {

    /** Throws an {@link IllegalArgumentException} if the indices are not int64 of shape [k] or out of range. */
    public FilteredDataset {
        Samples.checkIndices(indices, whole.size());
    }

    /** Selects samples and targets without transforms. */
    public FilteredDataset(Tensor indices, Tensor data, @Nullable Tensor targets) {
        this(indices, new TensorDataset(data, targets));
    }

    @Override
    public long size() {
        return indices.size(0);
    }

    @Override
    public Batch select(Tensor positions, @Nullable Generator generator) {
        try (Tensor rows = Samples.pick(indices, positions)) {
            return whole.select(rows, generator);
        }
    }

    @Override
    public Optional<Rows> inPlace() {
        return whole.inPlace().map(rows -> rows.selected(indices));
    }
}
