package org.blazefl4j.model;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Samples of models of text. */
final class Tokens {

    private Tokens() {}

    /** Returns a batch of samples, whose elements are numbers of tokens in any type, as int64 of shape [n, length]. */
    static Tensor of(Tensor x) {
        return x.flatten(1, -1).toType(ScalarType.Long);
    }
}
