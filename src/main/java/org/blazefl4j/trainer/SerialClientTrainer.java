package org.blazefl4j.trainer;

import java.util.Collections;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.IdleCores;
import org.blazefl4j.core.Phase;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.worker.ClientRunner;
import org.blazefl4j.worker.ClientState;
import org.blazefl4j.worker.FailureDecision;
import org.blazefl4j.worker.WorkerCall;

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
    private final AtomicBoolean freed = new AtomicBoolean();
    private boolean closing;

    /**
     * A trainer with one worker.
     *
     * @param algorithm the client side of the algorithm
     * @param options how clients are run
     * @throws IllegalArgumentException if the device is a CUDA device that there is not
     */
    @SuppressWarnings("this-escape") // all that is called is final
    public SerialClientTrainer(ClientAlgorithm<C, D, U> algorithm, TrainerOptions options) {
        super(algorithm, options, StopEvent.create());
        this.runner =
                new ClientRunner(0, workerSettings(), shared(), clientsStopEvent(), stateClasses(), watchOvertime());
        shareDeclared();
    }

    /** None: the calling thread itself trains them, one after another. */
    @Override
    int busyCores(int clients) {
        return 0;
    }

    /** Always 1. */
    @Override
    public int numParallels() {
        return 1;
    }

    @Override
    <F, E, W> RoundResults<W> execute(RoundContext<F, E, W> round) {
        round.prepareBuffers();
        return new Execution<>(round);
    }

    private final class Execution<F, E, W> implements RoundResults<W> {

        private final RoundContext<F, E, W> round;

        Execution(RoundContext<F, E, W> round) {
            this.round = round;
        }

        @Override
        public W await(int index) {
            if (round.stopRequested()) {
                return null;
            }
            round.clock().enter(Phase.DEAL);
            WorkerCall<F, E, W> call = round.call(index);
            round.clock().enter(Phase.TRAIN);
            FailureDecision next = FailureDecision.RETRY;
            while (next == FailureDecision.RETRY && begin()) {
                try (ClientState state = new ClientState(() -> round.work().state(index))) {
                    W uplink = train(round, call, state);
                    round.clock().enter(Phase.COLLECT);
                    round.nonFiniteUnless(state.isFinite(), index);
                    round.keep(index, state.takeKept());
                    return uplink;
                } catch (Throwable cause) {
                    if (cause instanceof InterruptedException) {
                        round.caller().interrupt(); // it took the flag, which is the caller's
                    }
                    next = round.failed(index, runner.index(), cause);
                } finally {
                    finish();
                }
            }
            return null;
        }

        @Override
        public W poll(int index) {
            return null;
        }

        @Override
        public SortedMap<Integer, W> end() {
            return Collections.emptySortedMap();
        }
    }

    /** Keeps a core busy meanwhile, for sums of others who train beside. */
    private <F, E, W> W train(RoundContext<F, E, W> round, WorkerCall<F, E, W> call, ClientState state)
            throws Exception {
        try (IdleCores.Claim busy = IdleCores.claim(options().intraOpThreads())) {
            return round.run(runner, call, state);
        }
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
            while (training != null && !closeIsOverdue()) {
                TimeUnit.NANOSECONDS.timedWait(lock, nanosToClose());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void freeWorker() {
        if (freed.compareAndSet(false, true)) {
            try {
                runner.close();
            } finally {
                freeShared();
            }
        }
    }
}
