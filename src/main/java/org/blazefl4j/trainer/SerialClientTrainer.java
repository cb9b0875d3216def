package org.blazefl4j.trainer;

import java.util.Collections;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.Phase;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.worker.ClientRunner;
import org.blazefl4j.worker.LocalJob;
import org.blazefl4j.worker.RoundContext;
import org.blazefl4j.worker.RoundResults;

/**
 * Trains clients one after another on the thread that calls {@code localProcess}.
 *
 * @param <C> the client's configuration
 * @param <D> the downlink package
 * @param <U> the uplink package
 */
public class SerialClientTrainer<C, D, U> extends AbstractClientTrainer<C, D, U> {

    private final ClientRunner runner;
    private final Object lock = new Object();
    private Thread training;
    private boolean closing;
    private boolean freed;

    /**
     * A trainer with one worker.
     *
     * @param algorithm the client side of the algorithm
     * @param options how clients are run
     * @throws IllegalArgumentException if the device is a CUDA device that there is not
     */
    @SuppressWarnings("this-escape") // all that is called is final
    public SerialClientTrainer(ClientAlgorithm<C, D, U> algorithm, TrainerOptions options) {
        super(algorithm, options, StopEvent.create(), true);
        this.runner = runner(0);
        shareDeclared();
    }

    /** Always 1. */
    @Override
    public int numParallels() {
        return 1;
    }

    @Override
    <E, F, W> RoundResults<W> dispatch(RoundContext<E, F, W> context) {
        context.prepareBuffers();
        return new RoundResults<>() {
            @Override
            public W await(int index) {
                return context.stopRequested() ? null : trained(context, index);
            }

            @Override
            public W poll(int index) {
                return null;
            }

            @Override
            public SortedMap<Integer, W> end() {
                return Collections.emptySortedMap();
            }
        };
    }

    /** The package of a client; null if it was dropped, or the round is to end. */
    private <W> W trained(RoundContext<?, ?, W> context, int index) {
        context.clock().enter(Phase.DEAL);
        LocalJob<W> job = new LocalJob<>(context, index);
        context.clock().enter(Phase.TRAIN);
        if (!begin()) {
            return null;
        }
        try {
            job.train(runner);
        } finally {
            finish();
        }
        context.clock().enter(Phase.COLLECT);
        job.requireDecided();
        return job.take();
    }

    private boolean begin() {
        synchronized (lock) {
            training = closing ? null : Thread.currentThread();
            return !closing;
        }
    }

    private void finish() {
        synchronized (lock) {
            training = null;
            lock.notifyAll();
            if (!closing) {
                return;
            }
        }
        freeWorker();
    }

    @Override
    void closeWorkers() {
        synchronized (lock) {
            closing = true;
            if (training != Thread.currentThread()) {
                awaitIdle();
            }
            if (training != null) {
                return;
            }
        }
        freeWorker();
    }

    /** The client that runs frees the worker when it ends, should it not end in time. */
    private void awaitIdle() {
        try {
            while (training != null && !lifecycle().closeIsOverdue()) {
                TimeUnit.NANOSECONDS.timedWait(lock, lifecycle().nanosToClose());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void freeWorker() {
        synchronized (lock) {
            if (freed) {
                return;
            }
            freed = true;
        }
        try {
            runner.close();
        } finally {
            freeShared();
        }
    }
}
