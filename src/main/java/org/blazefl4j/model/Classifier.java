package org.blazefl4j.model;

import org.bytedeco.pytorch.Tensor;

/** A sequence whose last step is the head, and all before it the features. */
abstract class Classifier extends Sequential implements Model.Split {

    /** Computes the inputs of the last layer. */
    @Override
    public final Tensor features(Tensor x) {
        return forward(x, 0, size() - 1);
    }

    /** Computes the last layer. */
    @Override
    public final Tensor head(Tensor features) {
        return forward(features, size() - 1, size());
    }
}
