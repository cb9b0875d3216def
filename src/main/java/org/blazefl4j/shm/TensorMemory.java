package org.blazefl4j.shm;

import org.blazefl4j.binding.Native;
import org.blazefl4j.codec.TensorLayout;
import org.blazefl4j.util.FaultPoint;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;

/** Locates the elements of tensors and copies them to segments. */
public final class TensorMemory {

    /** A cache line. LibTorch's kernels need less. */
    private static final long ALIGNMENT = 64;

    private TensorMemory() {}

    /** Rounds an offset up to the next place for a tensor. */
    public static long aligned(long offset) {
        return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    /** Returns the address of the first element, or 0 for an empty tensor. */
    public static long address(Tensor tensor) {
        Pointer data = tensor.data_ptr();
        return data == null ? 0 : data.address();
    }

    /** Returns whether the elements lie in memory as a layout says, so that their bytes can be copied. */
    public static boolean lies(Tensor tensor, TensorLayout layout) {
        if (tensor.is_conj() || tensor.is_neg()) {
            return false; // the memory of such a view holds values before conjugation or negation
        }
        long[] sizes = layout.sizes();
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] > 1 && tensor.stride(i) != layout.strides()[i]) {
                return false;
            }
        }
        return true;
    }

    /** Copies a tensor's elements, from a device, too, to a place in a segment, in the given layout. */
    public static void copy(Tensor source, TensorLayout layout, Segment segment, long offset) {
        if (layout.bytes() == 0) {
            return;
        }
        if (source.is_cpu() && lies(source, layout)) {
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
