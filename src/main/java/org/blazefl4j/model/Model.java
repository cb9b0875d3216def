package org.blazefl4j.model;

import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** A trainable network. */
public abstract class Model extends Module {

    /**
     * Computes the network's output.
     *
     * @param x a batch of inputs, shape [n, ...]
     * @return a new tensor, shape [n, classes]
     */
    public abstract Tensor forward(Tensor x);
}
