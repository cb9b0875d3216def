package org.blazefl4j.shm;

import org.blazefl4j.binding.Native;
import org.blazefl4j.codec.ElementTypes;
import org.blazefl4j.codec.TensorLayout;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.PointerConsumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * Creates LibTorch tensors on segment memory. A native function releases their storages, so LibTorch may call it on any
 * of its threads, also while the JVM shuts down.
 */
final class SegmentTensors {

    /**
     * JavaCPP passes LibTorch the function of a native {function, object} pair. The native library owns this pair,
     * which is never freed.
     */
    private static final PointerConsumer DELETER = deleter();

    /** Options by dtype number. Kept, because creating them for each tensor is slow. */
    private static final TensorOptions[] OPTIONS = options();

    private SegmentTensors() {}

    private static PointerConsumer deleter() {
        LibTorch.load();
        return new PointerConsumer(new Address(Native.regionDeleter()));
    }

    private static TensorOptions[] options() {
        TensorOptions[] options = new TensorOptions[ElementTypes.COUNT];
        for (int value = 0; value < options.length; value++) {
            if (ElementTypes.of(value) != null) {
                options[value] = new TensorOptions(ElementTypes.of(value));
                options[value].retainReference(); // outlives the pointer scope that is open now
            }
        }
        return options;
    }

    /** Creates a tensor at an address, which the caller has checked. */
    static Tensor at(long region, long address, TensorLayout layout) {
        TensorOptions options = OPTIONS[layout.dtype().value];
        if (layout.numel() == 0) {
            return torch.empty_strided(layout.sizes(), layout.strides(), options);
        }
        if (Native.regionRetain(region, address) < 0) {
            throw new IllegalStateException(
                    "tensor in a segment: open=false, expected=an open segment; create tensors before close()");
        }
        return torch.from_blob(new Address(address), layout.sizes(), layout.strides(), DELETER, options);
    }

    /** A pointer that does not own its memory. */
    private static final class Address extends Pointer {
        Address(long address) {
            this.address = address;
        }
    }
}
