package org.blazefl4j.core;

/** Takes the entries of one part of a checkpoint. Each goes to the file at once, so many small ones cost no memory. */
public interface CheckpointWriter {

    /**
     * Writes one entry.
     *
     * @param name any text, once per part
     * @param value null or an object graph as a package may hold, tensors included; copied, and it stays the caller's
     * @throws IllegalArgumentException if the name was given before, or the value holds what cannot cross
     */
    void put(String name, Object value);
}
