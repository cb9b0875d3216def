package org.blazefl4j.shm;

import org.blazefl4j.binding.Native;
import org.blazefl4j.codec.TensorLayout;
import org.blazefl4j.util.FaultPoint;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;

/** Where a tensor's elements are, and how they get into a segment. */
public final class TensorMemory {

    /** A cache line, and more than LibTorch's kernels ask for. */
    private static final long ALIGNMENT = 64;

    private TensorMemory() {}

    /** The first place for a tensor at or after an offset. */
    public static long aligned(long offset) {
        return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    /** The address of the first element; 0 if there is none. */
    public static long address(Tensor tensor) {
        Pointer data = tensor.data_ptr();
        return data == null ? 0 : data.address();
    }

    /** Whether the elements lie as the layout says, so that they can be taken as they are. */
    public static boolean lies(Tensor tensor, TensorLayout layout) {
        if (tensor.is_conj() || tensor.is_neg()) {
            return false; // such a view's memory holds the numbers before they are conjugated or negated
        }
        long[] sizes = layout.sizes();
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] > 1 && tensor.stride(i) != layout.strides()[i]) {
                return false;
            }
        }
        return true;
    }

    /** Copies a tensor's elements to a place in a segment, where they then lie as the layout says. */
    public static void copy(Tensor source, TensorLayout layout, Segment segment, long offset) {
        if (layout.bytes() == 0) {
            return;
        }
        if (lies(source, layout)) {
            copyBytes(segment.address() + offset, address(source), layout.bytes());
            return;
        }
        boolean gradients = GradMode.is_enabled();
        GradMode.set_enabled(false);
        try (PointerScope scope = new PointerScope()) {
            segment.tensor(offset, layout).copy_(source);
        } finally {
            GradMode.set_enabled(gradients);
        }
    }

    private static void copyBytes(long target, long source, long bytes) {
        if (FaultPoint.areSet()) {
            Native.copy(target, source, bytes / 2);
            FaultPoint.SLOT_HALF_WRITTEN.reach();
        }
        Native.copy(target, source, bytes);
    }
}
