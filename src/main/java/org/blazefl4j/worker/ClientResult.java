package org.blazefl4j.worker;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.blazefl4j.binding.Retained;
import org.blazefl4j.codec.PackageDecoder;
import org.blazefl4j.codec.PackageEncoder;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.worker.ClientContext.WorkerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A client's package when it leaves the client's scope in this process. The caller will own its tensors, as if they had
 * crossed from another process: tensors that only the client uses are passed on, others are copied (such as a weight of
 * the worker's model, which the next client overwrites, or a tensor of the payload).
 */
final class ClientResult<U> {

    private final U uplink;
    private final PackageEncoder encoder;
    private final List<Tensor> tensors = new ArrayList<>();
    private final List<Tensor> released = new ArrayList<>();

    /**
     * Takes the package's tensors out of the client's context, which would free them.
     *
     * @param layout the layout of results, or null for work between rounds
     * @throws IllegalArgumentException if the package could not cross from a worker process; nothing is taken then
     */
    ClientResult(U uplink, @Nullable SlotLayout layout, PackageEncoder encoder, ClientContext context) {
        this.uplink = uplink;
        this.encoder = encoder;
        encoder.check(uplink, (path, tensor, measured, unbounded) -> {
            if (!unbounded && layout != null) {
                layout.placeFor(path.get(), measured);
            }
            tensors.add(tensor);
            return new ShmHandle(0, 0, 0, measured);
        });
        for (Tensor tensor : tensors) {
            if (context.release(tensor)) {
                released.add(tensor);
            }
        }
    }

    /** Returns the package, whose tensors the caller owns. Call it once the client's context is closed. */
    U take(WorkerScope worker, WorkerCall<?, ?, U> call) {
        boolean own = true;
        for (Tensor tensor : tensors) {
            own &= isPlain(tensor) && !isUsedElsewhere(tensor);
        }
        if (own && released.size() < tensors.size()) {
            own = !isOwnedElsewhere(worker, call.payload());
        }
        if (own) {
            return uplink;
        }
        try {
            return copy(worker.loader());
        } finally {
            released.forEach(Tensor::close);
        }
    }

    private static boolean isPlain(Tensor tensor) {
        return !tensor.requires_grad() && tensor.has_storage();
    }

    /** Returns whether something that outlives the client refers to the tensor or its memory. */
    private boolean isUsedElsewhere(Tensor tensor) {
        if (tensor.referenceCount() > 1) {
            return true;
        }
        long uses = tensor.storage().use_count();
        return uses > 1
                && uses
                        > tensors.stream()
                                .filter(other -> isPlain(other) && other.is_alias_of(tensor))
                                .count();
    }

    /** Returns whether the worker, the shared tensors or the payload own one of the Tensor objects. */
    private boolean isOwnedElsewhere(WorkerScope worker, @Nullable Object payload) {
        List<Tensor> others = new ArrayList<>(worker.shared().values());
        TensorWalk.tensors(payload).forEach(found -> others.add(found.tensor()));
        return tensors.stream()
                .anyMatch(tensor ->
                        worker.resources().holds(tensor) || others.stream().anyMatch(other -> other == tensor));
    }

    @SuppressWarnings("unchecked")
    private U copy(ClassLoader loader) {
        List<Tensor> copies = new ArrayList<>();
        var message = encoder.encode(uplink, (path, tensor, layout, unbounded) -> {
            copies.add(Retained.free(() -> tensor.detach().clone()));
            return new ShmHandle(copies.size() - 1, 0, 0, layout);
        });
        return (U) Objects.requireNonNull(
                new PackageDecoder(loader).decode(message, handle -> copies.get((int) handle.segment())));
    }
}
