package org.blazefl4j.core;

import java.util.Set;

/**
 * Gives the entries of one part of a checkpoint, in any order and as often as wanted; valid during the restore only.
 */
public interface CheckpointReader {

    /**
     * Reads one entry.
     *
     * @param name as it was put
     * @param type the class of the value, or one above it that is not the JDK's. It decides what is read: no code runs
     *     of other classes than it and those that it declares to hold.
     * @param <T> the type of the value
     * @return a copy of what was put; the caller owns its tensors. Null if null was put
     * @throws IllegalArgumentException if there is no such entry, or its value is of another type
     */
    <T> T get(String name, Class<T> type);

    /** The names of the entries, in the order in which they were put. */
    Set<String> names();
}
