package org.blazefl4j.core;

import java.util.function.Consumer;
import java.util.function.Supplier;
import org.blazefl4j.reproducibility.Reproducibility.RandomStateSnapshot;
import org.blazefl4j.reproducibility.RngSuite;

/** Random streams as parts of a checkpoint. */
final class RandomParts {

    private static final String STATE = "state";

    private RandomParts() {}

    static Checkpointable of(RngSuite suite) {
        return part(suite::state, RngSuite.State.class, suite::restore);
    }

    static Checkpointable defaultGenerators() {
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
