package org.blazefl4j.contrib.common;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import org.blazefl4j.cuda.DeviceSegment;
import org.blazefl4j.cuda.DeviceSum;
import org.blazefl4j.cuda.NoDeviceMemoryException;
import org.blazefl4j.shm.TensorMemory;
import org.blazefl4j.util.ErrorCollector;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a sum that lie on devices: one on each, of the vectors that lie there. Made when a device has its first
 * vector, and kept until the close. After an error of CUDA nobody knows what was added: all calls are refused until the
 * sums are cleared. Used by one thread at a time.
 */
final class DeviceSums implements AutoCloseable {

    private static final Logger LOGGER = System.getLogger(DeviceSums.class.getName());

    private final String what;
    private final long elements;
    private final Map<Integer, Part> parts = new TreeMap<>();
    private boolean refused;

    /** Whether a call has failed that may have added something, or a part of it. */
    private boolean damaged;

    DeviceSums(String what, long elements) {
        this.what = what;
        this.elements = elements;
    }

    private static final class Part {

        private final DeviceSum sum;
        private final VectorBatch staged = new VectorBatch();
        private boolean empty = true;

        Part(DeviceSum sum) {
            this.sum = sum;
        }

        void fold() {
            staged.foldInto(sum::fold);
        }

        void clear() {
            staged.clear();
            if (!empty) {
                sum.clear();
                empty = true;
            }
        }
    }

    /**
     * Stages a vector that lies on a device for {@link #fold}, or adds it at once if it is not contiguous. Returns
     * false if it lies on the host, or its device has no memory for a sum.
     */
    boolean stage(Tensor values, double weight) {
        int device = elements == 0 ? -1 : DeviceSegment.deviceOf(values);
        Part part = device < 0 ? null : part(device);
        if (part == null) {
            return false;
        }
        requireWhole();
        part.empty = false;
        if (values.is_contiguous()) {
            part.staged.add(TensorMemory.address(values), weight);
        } else {
            try (PointerScope scope = new PointerScope()) {
                part.staged.add(TensorMemory.address(values.detach().contiguous()), weight);
                change(part::fold);
            }
        }
        return true;
    }

    private @Nullable Part part(int device) {
        Part part = parts.get(device);
        if (part == null && !refused && DeviceSegment.isPossible()) {
            try {
                part = new Part(new DeviceSum(device, elements));
                parts.put(device, part);
            } catch (NoDeviceMemoryException e) {
                refused = true;
                LOGGER.log(
                        Level.WARNING,
                        "sum of " + what + " stays in host memory, and results are copied there, with the same bits: "
                                + e.getMessage());
            }
        }
        return part;
    }

    /** Adds the staged vectors. */
    void fold() {
        change(() -> parts.values().forEach(Part::fold));
    }

    /** Does what leaves the sums damaged if it fails. */
    private void change(Runnable change) {
        requireWhole();
        damaged = true;
        change.run();
        damaged = false;
    }

    private void requireWhole() {
        if (damaged) {
            throw new IllegalStateException("sum of " + what
                    + " is damaged: found=an earlier call that failed, expected=none; clear it and add all again");
        }
    }

    /** Returns whether something was added on a device. */
    boolean isUsed() {
        return !used().isEmpty();
    }

    private List<Part> used() {
        return parts.values().stream().filter(part -> !part.empty).toList();
    }

    /** Returns the only device that something was added on, or -1. */
    int only() {
        List<Part> used = used();
        return used.size() == 1 ? used.get(0).sum.device() : -1;
    }

    /**
     * Divides the part on the only device, after {@link #fold}.
     *
     * @param out of floats, contiguous
     * @return false if there is not one device alone, or the target lies on another
     */
    boolean divide(Tensor out, double divisor) {
        List<Part> used = used();
        int target = DeviceSegment.deviceOf(out);
        if (used.size() != 1 || target >= 0 && target != used.get(0).sum.device()) {
            return false;
        }
        if (target < 0) {
            used.get(0).sum.divideToHost(TensorMemory.address(out), divisor);
        } else {
            used.get(0).sum.divide(TensorMemory.address(out), divisor);
        }
        return true;
    }

    /**
     * Moves what was added on devices to another sum, after {@link #fold}.
     *
     * @param add adds doubles at an address
     */
    void moveTo(LongPredicate add) {
        for (Part part : used()) {
            try (Tensor doubles = doubles()) {
                part.sum.partToHost(0, TensorMemory.address(doubles));
                change(() -> move(part, doubles, add));
            }
        }
    }

    /** Moves a part whose first doubles have been read. */
    private void move(Part part, Tensor doubles, LongPredicate add) {
        long address = TensorMemory.address(doubles);
        for (int number = 1; torch.count_nonzero(doubles).item_long() > 0; number++) {
            if (!add.test(address)) {
                throw new IllegalStateException(
                        "sum of " + what + ": part=" + (number - 1) + ", expected=numbers of a sum");
            }
            part.sum.partToHost(number, address);
        }
        part.clear();
    }

    private Tensor doubles() {
        try (TensorOptions type = new TensorOptions(ScalarType.Double)) {
            return torch.empty(new long[] {elements}, type, null).retainReference();
        }
    }

    void clear() {
        damaged = true;
        parts.values().forEach(Part::clear);
        damaged = false;
    }

    @Override
    public void close() {
        ErrorCollector failures = new ErrorCollector();
        parts.values().forEach(part -> failures.run(part.sum::close));
        parts.clear();
        failures.throwFirst("sums on devices");
    }
}
