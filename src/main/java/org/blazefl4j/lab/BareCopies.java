package org.blazefl4j.lab;

import java.util.function.BooleanSupplier;
import org.blazefl4j.binding.Native;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A copy of the same parameters for each client, into a buffer of this loop's own. */
final class BareCopies implements BareLoop {

    private final Tensor source;
    private final Tensor target;

    /**
     * Before the first copy.
     *
     * @param source contiguous; only read; stays the caller's
     */
    BareCopies(Tensor source) {
        this.source = source;
        this.target = torch.empty_like(source);
    }

    @Override
    public void trainClient(BooleanSupplier stop) {
        try (Pointer to = target.data_ptr();
                Pointer from = source.data_ptr()) {
            Native.copy(to.address(), from.address(), source.nbytes());
        }
    }

    @Override
    public void close() {
        target.close();
    }
}
