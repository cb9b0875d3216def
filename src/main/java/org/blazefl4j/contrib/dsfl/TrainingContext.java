package org.blazefl4j.contrib.dsfl;

import java.util.function.Function;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.reproducibility.RandomStreams;
import org.bytedeco.pytorch.Generator;

/**
 * The random streams and stop event of a {@link DistillationModel}, of a client or of the server.
 *
 * @param streams returns the stream of a purpose: {@code shuffle}, {@code augment} or {@code dropout}
 * @param stop checked before each batch
 */
record TrainingContext(Function<String, Generator> streams, StopEvent stop) {

    static TrainingContext of(WorkerContext context) {
        return new TrainingContext(context::generator, context.stopEvent());
    }

    static TrainingContext ofServer(long seed, int round) {
        return new TrainingContext(
                purpose -> RandomStreams.generator(seed, RandomStreams.SERVER, round, purpose), StopEvent.create());
    }

    Generator stream(String purpose) {
        return streams.apply(purpose);
    }
}
