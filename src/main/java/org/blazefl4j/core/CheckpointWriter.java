package org.blazefl4j.core;

/** Takes the entries of one part of a checkpoint. Each goes to the file at once, so many small ones cost no memory. */
public interface CheckpointWriter {

    /**
     * Writes one entry.
     *
     * @param name any text, once per part
     * @param value null or an object graph as a package may hold, tensors included; copied, and it stays the caller's
     *     Classes outside the JDK are read back only where they are declared: as the value's own class, or by the types
     *     of components and fields, {@code List<MyRecord>} say. A list of them is therefore put in a record.
     * @throws IllegalArgumentException if the name was given before, or the value holds what cannot cross or could not
     *     be read back
     */
    void put(String name, Object value);
}
