package org.blazefl4j.federation;

import org.blazefl4j.contrib.common.LocalVariant;
import org.blazefl4j.core.Device;
import org.blazefl4j.torch.FlatRanges;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What a client adds to each gradient: {@code constant + pull * (w - anchor)} at the parameters {@code w}. It is the
 * gradient of {@code <constant, w> + pull / 2 * |w - anchor|^2}, so FedProx, SCAFFOLD, FedDyn and Ditto need no more.
 * Buffers and frozen parameters have no part in it.
 *
 * @param constant float32, shape [numel], zero at buffers and frozen parameters; null for zeros
 * @param pull 0 for none
 * @param anchor float32, contiguous, shape [numel]; null if there is no pull
 */
public record AffineTerm(
        @Nullable Tensor constant, double pull, @Nullable Tensor anchor) {

    /** Adds nothing. */
    public static final AffineTerm NONE = new AffineTerm(null, 0, null);

    /** Refuses a pull to nowhere. */
    public AffineTerm {
        if (pull != 0 && anchor == null || !Double.isFinite(pull)) {
            throw new IllegalArgumentException("pull without an end: pull=" + pull + ", anchor="
                    + (anchor == null ? "null" : "set") + ", expected=a finite pull and the vector that it pulls to");
        }
    }

    /** Returns a term that is the same at all parameters. */
    public static AffineTerm constant(Tensor constant) {
        return new AffineTerm(constant, 0, null);
    }

    /** Returns a pull to a vector; none if it is 0. */
    public static AffineTerm pull(double pull, Tensor anchor) {
        return pull == 0 ? NONE : new AffineTerm(null, pull, anchor);
    }

    /** Returns whether nothing is added. */
    public boolean isNone() {
        return constant == null && pull == 0;
    }

    /** Returns this term on a device; new tensors belong to the current pointer scope. */
    AffineTerm on(Device device) {
        return device.isCpu() || isNone() ? this : new AffineTerm(moved(constant, device), pull, moved(anchor, device));
    }

    /** Returns this term, and what no step changes, for a training. */
    LocalVariant.Terms with(FlatRanges frozen) {
        return new LocalVariant.Terms(constant, pull, anchor, frozen);
    }

    private static @Nullable Tensor moved(@Nullable Tensor tensor, Device device) {
        return tensor == null ? null : tensor.to(device.toTorch(), Tensors.type(tensor));
    }
}
