package org.blazefl4j.checkpoint;

import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.reproducibility.RandomStateSnapshot;
import org.blazefl4j.reproducibility.RngSuite;

/**
 * Random streams of one's own as parts of a checkpoint. Those that clients and handlers derive from the seed need none.
 *
 * <pre>{@code
 * checkpoints.add("rng", RandomParts.of(suite)).add("default generators", RandomParts.defaultGenerators());
 * }</pre>
 */
public final class RandomParts {

    private static final String STATE = "state";

    private RandomParts() {}

    /** The streams of a suite, which stays the caller's. */
    public static Checkpointable of(RngSuite suite) {
        return new Checkpointable() {
            @Override
            public void save(CheckpointWriter out) {
                out.put(STATE, suite.state());
            }

            @Override
            public void restore(CheckpointReader in) {
                suite.restore(in.get(STATE, RngSuite.State.class));
            }
        };
    }

    /** LibTorch's default generators of this process, for code that draws from them between rounds. */
    public static Checkpointable defaultGenerators() {
        return new Checkpointable() {
            @Override
            public void save(CheckpointWriter out) {
                out.put(STATE, RandomStateSnapshot.capture());
            }

            @Override
            public void restore(CheckpointReader in) {
                in.get(STATE, RandomStateSnapshot.class).restore();
            }
        };
    }
}
