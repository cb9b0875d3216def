package org.blazefl4j.contrib.dsfl;

import java.util.function.Function;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.reproducibility.RandomStreams;
import org.bytedeco.pytorch.Generator;

/**
 * Where a {@link DistillationModel} is at work: in a client or on the server.
 *
 * @param streams the random stream of a purpose: {@code shuffle} for the order of samples, {@code augment} for random
 *     transforms, {@code dropout} for the model
 * @param stop looked at before each batch
 */
record TrainingContext(Function<String, Generator> streams, StopEvent stop) {

    /** The server in the rounds' own streams. */
    static final int SERVER = -1;

    static TrainingContext of(WorkerContext context) {
        return new TrainingContext(context::generator, context.stopEvent());
    }

    static TrainingContext ofServer(long seed, int round) {
        return new TrainingContext(
                purpose -> RandomStreams.generator(seed, SERVER, round, purpose), StopEvent.create());
    }

    Generator stream(String purpose) {
        return streams.apply(purpose);
    }
}
