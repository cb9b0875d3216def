package org.blazefl4j.lab;

import java.util.function.BooleanSupplier;
import org.blazefl4j.binding.Native;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Copies the same parameters once for each client. */
final class BareCopies implements BareLoop {

    private final Tensor source;
    private final Tensor target;

    /**
     * Allocates the target.
     *
     * @param source contiguous; only read; the caller closes it
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
