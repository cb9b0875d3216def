package org.blazefl4j.core;

import org.blazefl4j.reproducibility.RngSuite;

/**
 * State that can be written to a checkpoint and restored: of a handler, a trainer, a result file, a random stream.
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
 * <p>An object that is made like the saved one and then restored continues with the same bits. Both methods are called
 * between rounds, on the thread that runs them. After a stopped round the state before it is saved.
 */
public interface Checkpointable {

    /** Writes all that later rounds depend on, except what follows from how the object was made. */
    void save(CheckpointWriter out);

    /**
     * Restores what {@link #save} wrote. After an exception the object may be partly restored and must not be used.
     *
     * @throws IllegalArgumentException if the entries do not fit how this object was made
     */
    void restore(CheckpointReader in);

    /**
     * Returns the streams of a suite, which stays the caller's. Streams that are derived from the seed need no part.
     */
    static Checkpointable of(RngSuite suite) {
        return RandomParts.of(suite);
    }

    /** Returns LibTorch's default generators, for code that draws from them between rounds. */
    static Checkpointable defaultGenerators() {
        return RandomParts.defaultGenerators();
    }
}
