package org.blazefl4j.trainer;

import java.time.Duration;
import java.util.Collections;
import java.util.SortedMap;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.util.RefCounted;
import org.blazefl4j.worker.ClientRunner;
import org.blazefl4j.worker.LocalJob;
import org.blazefl4j.worker.RoundContext;
import org.blazefl4j.worker.RoundResults;
import org.jspecify.annotations.Nullable;

/**
 * Trains clients one after another on the thread that calls {@code localProcess}.
 *
 * @param <C> the client's configuration
 * @param <D> the downlink package
 * @param <U> the uplink package
 */
public class SerialClientTrainer<C, D, U> extends AbstractClientTrainer<C, D, U> {

    private final ClientRunner runner;

    /** A running client uses the worker too, and frees it if the trainer was closed meanwhile. */
    private final RefCounted worker;

    private volatile @Nullable Thread training;

    /**
     * Creates a trainer with one worker.
     *
     * @throws IllegalArgumentException if the CUDA device does not exist
     */
    @SuppressWarnings("this-escape") // all that is called is final
    public SerialClientTrainer(ClientAlgorithm<C, D, U> algorithm, TrainerOptions options) {
        super(algorithm, options, StopEvent.create(), true);
        this.runner = runner(0);
        this.worker = new RefCounted(this::freeWorker);
        shareDeclared();
    }

    /** Returns 1. */
    @Override
    public int numParallels() {
        return 1;
    }

    @Override
    <E, F, W> RoundResults<W> dispatch(RoundContext<E, F, W> context) {
        context.prepareBuffers();
        return new RoundResults<>() {
            private int position = NONE;

            @Override
            public @Nullable W await() {
                if (context.stopRequested()) {
                    position = NONE;
                    return null;
                }
                return trained(context, ++position);
            }

            @Override
            public @Nullable W poll() {
                return null;
            }

            @Override
            public int position() {
                return position;
            }

            @Override
            public SortedMap<Integer, W> end() {
                return Collections.emptySortedMap();
            }
        };
    }

    /** Returns the package of a client; null if it was dropped, or the round must end. */
    private <W> @Nullable W trained(RoundContext<?, ?, W> context, int index) {
        context.clock().enter(Phase.DEAL);
        LocalJob<W> job = new LocalJob<>(context, index);
        context.clock().enter(Phase.TRAIN);
        if (!worker.enter()) {
            return null;
        }
        training = Thread.currentThread();
        try {
            job.train(runner);
        } finally {
            training = null;
            worker.leave();
        }
        context.clock().enter(Phase.COLLECT);
        job.requireDecided();
        return job.take();
    }

    @Override
    void closeWorkers() {
        worker.close();
        if (training != Thread.currentThread()) {
            worker.awaitFreed(Duration.ofNanos(lifecycle().nanosToClose()));
        }
    }

    private void freeWorker() {
        try {
            runner.close();
        } finally {
            freeShared();
        }
    }
}
