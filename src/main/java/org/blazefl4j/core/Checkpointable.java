package org.blazefl4j.core;

/**
 * What can be written to a checkpoint and put back: a handler, a trainer, a result file, a random stream of one's own.
 *
 * <pre>{@code
 * public void save(CheckpointWriter out) {
 *     out.put("round", round);
 *     out.put("model", model);
 * }
 *
 * public void restore(CheckpointReader in) {
 *     round = in.get("round", Integer.class);
 *     try (Tensor saved = in.get("model", Tensor.class)) {
 *         model.copy_(saved);
 *     }
 * }
 * }</pre>
 *
 * <p>An object that was made as the saved one had been and then restored goes on with the same bits. Both methods are
 * called between two rounds, on the thread that runs the rounds. After a round that was stopped, what is saved is the
 * state before it.
 */
public interface Checkpointable {

    /** Writes all that later rounds depend on and that {@link #restore} cannot derive from how the object was made. */
    void save(CheckpointWriter out);

    /**
     * Takes over what {@link #save} wrote. An object that refuses may have taken over a part of it and is of no further
     * use.
     *
     * @throws IllegalArgumentException if the entries do not fit how this object was made
     */
    void restore(CheckpointReader in);
}
