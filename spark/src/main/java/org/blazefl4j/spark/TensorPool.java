package org.blazefl4j.spark;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.codec.TensorLayout;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Storage;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Memory of large tensors, which others use again once these and their views are closed: the first use of memory costs
 * far more than to copy into it. Keeps as much as was in use at once. Thread-safe.
 *
 * <p>In use is what something else has as well, such as the copies on CUDA devices of a data set that a client made of
 * such a tensor: that memory is used again once the client's worker has ended.
 */
final class TensorPool implements AutoCloseable {

    /** Smaller tensors have memory of their own, which malloc uses again. */
    static final long LEAST_BYTES = 1 << 20;

    /** Memory may be so much larger than a tensor. */
    private static final int MOST_SPARE = 4;

    private final List<Tensor> kept = new ArrayList<>();
    private boolean closed;

    /** Returns a tensor with undefined elements, which the caller owns. */
    Tensor take(TensorLayout layout) {
        return layout.bytes() < LEAST_BYTES ? Parcel.empty(layout) : large(layout);
    }

    private synchronized Tensor large(TensorLayout layout) {
        if (closed) {
            return Parcel.empty(layout);
        }
        Tensor memory = unused(layout.bytes());
        try (PointerScope scope = new PointerScope()) {
            return Parcel.view(memory, new ShmHandle(0, 0, 0, layout)).retainReference();
        }
    }

    /** Returns the least memory that fits; if none does, new memory in place of some that does not. */
    private Tensor unused(long bytes) {
        Optional<Tensor> found = kept.stream()
                .filter(memory -> memory.numel() >= bytes && memory.numel() - bytes <= bytes / MOST_SPARE)
                .filter(TensorPool::isUnused)
                .min(Comparator.comparingLong(Tensor::numel));
        return found.orElseGet(() -> {
            kept.stream().filter(TensorPool::isUnused).findFirst().ifPresent(memory -> {
                kept.remove(memory);
                memory.close();
            });
            Tensor made = make(bytes);
            kept.add(made);
            return made;
        });
    }

    private static Tensor make(long bytes) {
        try (PointerScope scope = new PointerScope();
                Tensor made = Parcel.empty(new TensorLayout(ScalarType.Byte, new long[] {bytes}, new long[] {1}))) {
            return Tensors.alias(made);
        }
    }

    private static boolean isUnused(Tensor memory) {
        try (Storage storage = memory.storage()) {
            return storage.use_count() == 1;
        }
    }

    /** Returns how many bytes it keeps. */
    synchronized long bytes() {
        return kept.stream().mapToLong(Tensor::numel).sum();
    }

    /** Frees the memory that is not in use, the rest when its tensors are closed. Keeps nothing from now on. */
    @Override
    public synchronized void close() {
        closed = true;
        kept.forEach(Tensor::close);
        kept.clear();
    }
}
