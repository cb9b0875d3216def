package org.blazefl4j.core;

import org.jspecify.annotations.Nullable;

/** Writes the entries of one part of a checkpoint, each straight to the file: many small ones cost no memory. */
public interface CheckpointWriter {

    /**
     * Writes one entry.
     *
     * @param name any text, once per part
     * @param value an object graph as a package may hold, tensors included; stays the caller's. Classes outside the JDK
     *     can be read back only where they are declared: as the value's class, or as the type of a component or field,
     *     such as {@code List<MyRecord>}. Put a list of them into a record.
     * @throws IllegalArgumentException if the name was put before, or the value could not be read back
     */
    void put(String name, @Nullable Object value);
}
