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
 * LibTorch tensors on a segment's memory. What frees their storages is a native function, not a Java callback, so
 * LibTorch may call it from any of its threads and while the JVM ends.
 */
final class SegmentTensors {

    /**
     * JavaCPP takes a function object's native peer, {function, object}, and hands LibTorch the function. This one was
     * laid out by the native library; it is static there and never freed.
     */
    private static final PointerConsumer DELETER = deleter();

    /** By the number of the dtype; never freed, for tensors come too often to make them anew. */
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
                options[value].retainReference(); // whatever scope this class is first used in
            }
        }
        return options;
    }

    /** The place is checked by the caller. */
    static Tensor at(long region, long address, TensorLayout layout) {
        TensorOptions options = OPTIONS[layout.dtype().value];
        if (layout.numel() == 0) {
            return torch.empty_strided(layout.sizes(), layout.strides(), options);
        }
        if (Native.regionRetain(region, address) < 0) {
            throw new IllegalStateException(
                    "tensor in a segment: open=false, expected=an open segment; make tensors before close()");
        }
        return torch.from_blob(new Address(address), layout.sizes(), layout.strides(), DELETER, options);
    }

    /** A pointer that owns nothing. */
    private static final class Address extends Pointer {
        Address(long address) {
            this.address = address;
        }
    }
}
