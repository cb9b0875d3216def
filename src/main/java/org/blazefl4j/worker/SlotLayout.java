package org.blazefl4j.worker;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.blazefl4j.codec.PackageDecoder;
import org.blazefl4j.codec.PackageEncoder;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.codec.TensorLayout;
import org.blazefl4j.cuda.DeviceSegment;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.Slot;
import org.blazefl4j.shm.TensorMemory;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * The layout of an uplink package in a slot, taken from the package that the algorithm prepares.
 *
 * @param pattern the prepared package as a message, with handles relative to a slot
 * @param places the place of each tensor by its path in the package
 * @param slotBytes the length of a slot
 */
public record SlotLayout(byte[] pattern, Map<String, Place> places, long slotBytes) {

    /** The segment numbers of tensors in the slot and of unbounded ones, which are not. */
    private static final long IN_SLOT = 0;

    private static final long UNBOUNDED = 1;

    /** The memory for results on their way. A single one may be larger. */
    public static final long CHUNK_BYTES = 64L << 20;

    private static final int SLOTS_PER_WORKER = 16;

    /**
     * The place of a tensor.
     *
     * @param offset the offset in the slot
     * @param layout the layout of the largest tensor that fits
     */
    public record Place(long offset, TensorLayout layout) {}

    /**
     * Lays out a prepared package.
     *
     * @throws NullPointerException if it is null
     * @throws IllegalArgumentException if something in it cannot cross
     */
    public static SlotLayout of(@Nullable Object prepared) {
        Objects.requireNonNull(
                prepared,
                "no uplink buffer: prepareUplinkPackageBuffer() returned null; return a package with the dtypes and"
                        + " shapes of one client's result");
        Map<String, Place> places = new LinkedHashMap<>();
        long[] end = new long[1];
        ByteBuffer message = new PackageEncoder().encode(prepared, (path, tensor, layout, unbounded) -> {
            if (unbounded) {
                return new ShmHandle(UNBOUNDED, 0, 0, layout);
            }
            long offset = TensorMemory.aligned(end[0]);
            end[0] = offset + layout.bytes();
            places.put(path.get(), new Place(offset, layout));
            return new ShmHandle(IN_SLOT, 0, offset, layout);
        });
        byte[] pattern = new byte[message.remaining()];
        message.get(pattern);
        return new SlotLayout(pattern, places, Math.max(end[0], 1));
    }

    /** Returns the slots to use at a time, few enough that large ones stay in the processor's cache. */
    public static int aheadFor(long slotBytes, int workers) {
        long fit = Math.min(CHUNK_BYTES / memory(slotBytes), (long) SLOTS_PER_WORKER * workers);
        return (int) Math.max(workers + 1, fit);
    }

    public static long memory(long slotBytes) {
        return Math.max(slotBytes, Segment.SLOT_ALIGNMENT);
    }

    /** Makes the tensors of a slot. */
    private interface Memory {

        /** Makes a tensor at an offset in the slot. */
        Tensor tensor(long offset, TensorLayout layout);
    }

    /** Creates a package whose tensors are views of a slot, except unbounded ones. */
    public Object buffer(Slot slot, PackageDecoder decoder) {
        return buffer((offset, layout) -> slot.segment().tensor(slot.offset() + offset, layout), decoder);
    }

    /**
     * Creates a package likewise on a device, except for unbounded tensors and those without elements.
     *
     * @param start the slot's offset in the segment
     */
    public Object buffer(DeviceSegment segment, long start, PackageDecoder decoder) {
        return buffer(
                (offset, layout) -> segment.tensor(
                        start + offset, layout.dtype(), layout.sizes(), layout.strides(), layout.bytes()),
                decoder);
    }

    private Object buffer(Memory memory, PackageDecoder decoder) {
        return Objects.requireNonNull(decoder.decode(ByteBuffer.wrap(pattern), handle -> tensor(memory, handle)));
    }

    private static Tensor tensor(Memory memory, ShmHandle handle) {
        TensorLayout layout = handle.layout();
        if (handle.segment() == UNBOUNDED || layout.numel() == 0) {
            return torch.empty(layout.sizes(), new TensorOptions(layout.dtype()), new MemoryFormatOptional());
        }
        return memory.tensor(handle.offset(), layout);
    }

    /**
     * Returns the place for a tensor of a result.
     *
     * @param path the path in the package
     * @throws IllegalArgumentException if there is none, or it is for another dtype or shape
     */
    public Place placeFor(String path, TensorLayout tensor) {
        Place place = places.get(path);
        if (place == null) {
            throw new IllegalArgumentException("uplink tensor has no place: path=" + path + ", expected="
                    + places.keySet() + "; add it to prepareUplinkPackageBuffer(), or mark its field @Unbounded");
        }
        if (!fits(tensor, place.layout)) {
            throw new IllegalArgumentException("uplink tensor does not fit: path=" + path + ", got=" + describe(tensor)
                    + ", expected=" + describe(place.layout)
                    + ", dimension 0 may be smaller; return this shape, or change prepareUplinkPackageBuffer()");
        }
        return place;
    }

    private static boolean fits(TensorLayout got, TensorLayout room) {
        boolean fits = got.dtype() == room.dtype() && got.sizes().length == room.sizes().length;
        for (int i = 0; fits && i < got.sizes().length; i++) {
            fits = i == 0 ? got.sizes()[i] <= room.sizes()[i] : got.sizes()[i] == room.sizes()[i];
        }
        return fits;
    }

    private static String describe(TensorLayout layout) {
        return layout.dtype() + Arrays.toString(layout.sizes());
    }
}
