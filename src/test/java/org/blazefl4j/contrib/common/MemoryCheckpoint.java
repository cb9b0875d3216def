package org.blazefl4j.contrib.common;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.bytedeco.pytorch.Tensor;

/** One part of a checkpoint that is never written down: entries by name, tensors copied. */
public final class MemoryCheckpoint implements CheckpointWriter, CheckpointReader {

    private final Map<String, Object> entries = new LinkedHashMap<>();

    /** Without entries. */
    public MemoryCheckpoint() {}

    @Override
    public void put(String name, Object value) {
        if (entries.putIfAbsent(name, copy(value)) != null) {
            throw new IllegalArgumentException("entry put twice: name=" + name);
        }
    }

    /** Another value in place of one that was put. */
    public MemoryCheckpoint with(String name, Object value) {
        MemoryCheckpoint changed = new MemoryCheckpoint();
        entries.forEach(changed::put);
        changed.entries.replace(name, value);
        return changed;
    }

    /** Without one that was put. */
    public MemoryCheckpoint without(String name) {
        MemoryCheckpoint changed = new MemoryCheckpoint();
        entries.forEach(changed::put);
        changed.entries.remove(name);
        return changed;
    }

    @Override
    public <T> T get(String name, Class<T> type) {
        if (!entries.containsKey(name)) {
            throw new IllegalArgumentException("no such entry: name=" + name + ", limit=" + names());
        }
        return type.cast(copy(entries.get(name)));
    }

    @Override
    public Set<String> names() {
        return entries.keySet();
    }

    private static Object copy(Object value) {
        return value instanceof Tensor tensor ? tensor.clone() : value;
    }
}
