package org.blazefl4j.contrib.dsfl;

import org.blazefl4j.data.Batch;
import org.blazefl4j.data.Dataset;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Some samples of the open set, with soft labels or without targets. Owns nothing.
 *
 * @param open the open set; its own targets are ignored
 * @param indices which samples, int64, shape [k], each in [0, size of the open set)
 * @param softLabels float32, shape [k, classes]
 */
record OpenSamples(Dataset open, Tensor indices, @Nullable Tensor softLabels) implements Dataset {

    @Override
    public long size() {
        return indices.size(0);
    }

    @Override
    public Batch select(Tensor positions, @Nullable Generator generator) {
        try (Tensor rows = indices.index_select(0, positions)) {
            Batch read = open.select(rows, generator);
            if (read.y() != null) {
                read.y().close();
            }
            return new Batch(read.x(), softLabels == null ? null : softLabels.index_select(0, positions));
        }
    }
}
