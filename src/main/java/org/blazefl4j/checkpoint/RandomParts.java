package org.blazefl4j.checkpoint;

import java.util.function.Consumer;
import java.util.function.Supplier;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.reproducibility.Reproducibility.RandomStateSnapshot;
import org.blazefl4j.reproducibility.RngSuite;

/**
 * Saves random streams of your own as parts of a checkpoint. Streams that are derived from the seed need none.
 *
 * <pre>{@code
 * checkpoints.add("rng", RandomParts.of(suite)).add("default generators", RandomParts.defaultGenerators());
 * }</pre>
 */
public final class RandomParts {

    private static final String STATE = "state";

    private RandomParts() {}

    /** Saves the streams of a suite; the caller closes the suite. */
    public static Checkpointable of(RngSuite suite) {
        return part(suite::state, RngSuite.State.class, suite::restore);
    }

    /** Saves LibTorch's default generators, for code that draws from them between rounds. */
    public static Checkpointable defaultGenerators() {
        return part(RandomStateSnapshot::capture, RandomStateSnapshot.class, RandomStateSnapshot::restore);
    }

    private static <T> Checkpointable part(Supplier<T> state, Class<T> type, Consumer<T> restore) {
        return new Checkpointable() {
            @Override
            public void save(CheckpointWriter out) {
                out.put(STATE, state.get());
            }

            @Override
            public void restore(CheckpointReader in) {
                restore.accept(in.get(STATE, type));
            }
        };
    }
}
