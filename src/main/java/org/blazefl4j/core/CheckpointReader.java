package org.blazefl4j.core;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the entries of one part of a checkpoint, in any order, any number of times. Valid during the restore only. */
public interface CheckpointReader {

    /**
     * Reads one entry.
     *
     * @param type the value's class, or a superclass outside the JDK. Only code of this class and of classes that it
     *     declares to hold runs.
     * @return a copy of the value, or null if null was put; the caller owns its tensors
     * @throws IllegalArgumentException if there is no such entry, or its value is of another type
     */
    <T extends @Nullable Object> T get(String name, Class<T> type);

    /** Returns the names of the entries, in the order in which they were put. */
    Set<String> names();
}
