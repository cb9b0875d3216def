package org.blazefl4j.contrib.common;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.bytedeco.pytorch.Tensor;

/** One part of a checkpoint, kept in memory: entries by name, tensors copied. */
public final class MemoryCheckpoint implements CheckpointWriter, CheckpointReader {

    private final Map<String, Object> entries = new LinkedHashMap<>();

    /** Creates a part without entries. */
    public MemoryCheckpoint() {}

    @Override
    public void put(String name, Object value) {
        if (entries.putIfAbsent(name, copy(value)) != null) {
            throw new IllegalArgumentException("entry put twice: name=" + name);
        }
    }

    /** Returns a copy with one value replaced. */
    public MemoryCheckpoint with(String name, Object value) {
        MemoryCheckpoint changed = new MemoryCheckpoint();
        entries.forEach(changed::put);
        changed.entries.replace(name, value);
        return changed;
    }

    /** Returns a copy without one entry. */
    public MemoryCheckpoint without(String name) {
        MemoryCheckpoint changed = new MemoryCheckpoint();
        entries.forEach(changed::put);
        changed.entries.remove(name);
        return changed;
    }

    @Override
    public <T> T get(String name, Class<T> type) {
        if (!entries.containsKey(name)) {
            throw new IllegalArgumentException("no such entry: name=" + name + ", expected=one of " + names());
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
