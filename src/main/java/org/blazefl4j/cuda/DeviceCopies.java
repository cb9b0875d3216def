package org.blazefl4j.cuda;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.blazefl4j.binding.Retained;
import org.blazefl4j.data.Dataset.Rows;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.ErrorCollector;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Storage;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Data sets' tensors on devices, each once in this process however many workers read it. A copy is freed with the last
 * worker that read it, or when its data set is.
 */
final class DeviceCopies {

    private static final Logger LOGGER = System.getLogger(DeviceCopies.class.getName());

    /** The most data sets to remember that did not fit. */
    private static final int MOST_REFUSED = 1000;

    private final DeviceMemory memory;
    private final Map<Key, Copy> copies = new HashMap<>();

    /** Data sets that did not fit, with the greatest share that they were refused. */
    private final Map<Key, Double> refused = new HashMap<>();

    DeviceCopies(DeviceMemory memory) {
        this.memory = memory;
    }

    /**
     * A tensor of the CPU, by its storage, place and shape, and a device. Only data sets' rows are copied, of two
     * types. The storage's own address counts, since memory that LibTorch does not own may get other elements in a new
     * one.
     */
    private record Key(long storage, long address, List<Long> shape, String device) {

        static Key of(Tensor tensor, String device) {
            try (Pointer elements = tensor.data_ptr()) {
                List<Long> shape = Arrays.stream(tensor.shape()).boxed().toList();
                return new Key(DeviceCopies.storage(tensor), elements == null ? 0 : elements.address(), shape, device);
            }
        }
    }

    /**
     * A copy on a device.
     *
     * @param source an alias of the original, so that nothing else gets its storage
     * @param version of the original, which each write by LibTorch changes, but none through an address
     * @param users who has read it, by identity
     */
    private record Copy(Tensor source, long version, Tensor there, Set<Object> users) {

        long bytes() {
            return there.nbytes();
        }

        void close() {
            there.close();
            source.close();
        }
    }

    /** The memory that can be read on a device. */
    record Found(Tensor x, Tensor y) {}

    /**
     * Returns the copies of some rows, made now if they are not there.
     *
     * @param share the most of the device's free memory that all copies there may take, from 0 to 1
     * @param user who reads them, until {@link #release}
     * @return null if they do not fit
     */
    synchronized @Nullable Found find(Rows rows, String device, double share, Object user) {
        Key x = Key.of(rows.x(), device);
        Key y = Key.of(rows.y(), device);
        freeWritten(x, rows.x());
        freeWritten(y, rows.y());
        if (!copies.containsKey(x) || !copies.containsKey(y)) {
            if (freeUnused()) {
                refused.clear();
            }
            Double before = refused.get(x);
            if (before != null && share <= before || !fits(rows, x, y, share)) {
                return null;
            }
        }
        return new Found(copy(x, rows.x(), user), copy(y, rows.y(), user));
    }

    private Tensor copy(Key key, Tensor source, Object user) {
        Copy copy = copies.get(key);
        if (copy == null) {
            Tensor there = Retained.free(() -> memory.copy(source, key.device()));
            copy = new Copy(
                    Tensors.alias(source), version(source), there, Collections.newSetFromMap(new IdentityHashMap<>()));
            copies.put(key, copy);
        }
        copy.users().add(user);
        return copy.there();
    }

    /** Returns whether rows fit on a device beside the copies that are there. Remembers and logs those that do not. */
    private boolean fits(Rows rows, Key x, Key y, double share) {
        String device = x.device();
        long there = copies.entrySet().stream()
                .filter(entry -> entry.getKey().device().equals(device))
                .mapToLong(entry -> entry.getValue().bytes())
                .sum();
        long more = (copies.containsKey(x) ? 0 : rows.x().nbytes())
                + (copies.containsKey(y) ? 0 : rows.y().nbytes());
        long limit = (long) (share * (memory.free(device) + there));
        if (there + more <= limit) {
            return true;
        }
        if (refused.size() == MOST_REFUSED) {
            refused.clear();
        }
        refused.put(x, share);
        LOGGER.log(
                Level.WARNING,
                "data set stays in host memory: device=" + device + ", need=" + (there + more) + ", limit=" + limit
                        + ", since deviceDataShare=" + share + " of what is free; each of its batches is copied, with"
                        + " the same results: raise the share, or use a device with more memory");
        return false;
    }

    /** Frees a copy whose original was written to. Clients must not run meanwhile, in any mode. */
    private void freeWritten(Key key, Tensor source) {
        Copy copy = copies.get(key);
        if (copy != null && copy.version() != version(source)) {
            free(each -> each == copy);
        }
    }

    /**
     * Frees copies of data sets that only this object keeps. Memory that someone else keeps to use it again, as rounds
     * on Spark do with that of large payloads, is freed with its last worker only. Returns whether there were any.
     */
    private boolean freeUnused() {
        Map<Long, Long> kept = new HashMap<>();
        copies.values().forEach(copy -> kept.merge(storage(copy.source()), 1L, Long::sum));
        return free(copy -> uses(copy.source()) == kept.getOrDefault(storage(copy.source()), 0L));
    }

    /** Tensors of inference mode have no version. */
    private static long version(Tensor tensor) {
        return tensor.is_inference() ? 0 : tensor._version();
    }

    private static long storage(Tensor tensor) {
        try (Storage storage = tensor.storage()) {
            return storage.unsafeGetStorageImpl().address();
        }
    }

    private static long uses(Tensor tensor) {
        try (Storage storage = tensor.storage()) {
            return storage.use_count();
        }
    }

    /** Frees what this user alone has read. */
    synchronized void release(Object user) {
        free(copy -> copy.users().remove(user) && copy.users().isEmpty());
        if (copies.isEmpty()) {
            refused.clear();
        }
    }

    /**
     * Frees copies, after all work on their devices, which may read them, and even if a device fails. Returns whether
     * there were any.
     */
    private boolean free(Predicate<Copy> which) {
        int before = copies.size();
        Set<String> awaited = new HashSet<>();
        ErrorCollector failures = new ErrorCollector();
        Iterator<Map.Entry<Key, Copy>> entries = copies.entrySet().iterator();
        while (entries.hasNext()) {
            Map.Entry<Key, Copy> entry = entries.next();
            if (which.test(entry.getValue())) {
                if (awaited.add(entry.getKey().device())) {
                    failures.run(() -> memory.await(entry.getKey().device()));
                }
                entries.remove();
                failures.run(entry.getValue()::close);
            }
        }
        failures.throwFirst("copies of data sets");
        return copies.size() < before;
    }

    /** Returns the number of copies on a device. */
    synchronized long count(String device) {
        return copies.keySet().stream()
                .filter(key -> key.device().equals(device))
                .count();
    }
}
