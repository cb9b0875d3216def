package org.blazefl4j.torch;

import org.bytedeco.pytorch.Tensor;

/**
 * One tensor of a module's state and its position in the flat vector.
 *
 * @param name as in PyTorch's {@code state_dict}
 * @param tensor the module's tensor, referenced by this entry
 * @param offset the position of its first element in the flat vector
 * @param numel the number of its elements
 * @param floating whether it is float32; otherwise it holds integers
 */
record StateEntry(String name, Tensor tensor, long[] shape, long offset, long numel, boolean floating) {

    /** Returns a view of this tensor's part of the flat vector, in this tensor's shape. */
    Tensor slice(Tensor flat) {
        return flat.narrow(0, offset, numel).view(shape);
    }
}
