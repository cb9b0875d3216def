package org.blazefl4j.trainer;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.worker.ClientRunner;
import org.blazefl4j.worker.ClientTimeouts;

/**
 * Trains clients in threads of this process, {@link TrainerOptions#numParallels()} at a time. The threads are daemons
 * named {@code blazefl4j-…} and live as long as the trainer; each has resources of its own.
 *
 * <p>All clients are given the same payload and configuration objects, and the same memory behind shared tensors: they
 * only read them.
 *
 * @param <C> the client's configuration
 * @param <D> the downlink package
 * @param <U> the uplink package
 */
public class ThreadPoolClientTrainer<C, D, U> extends AbstractClientTrainer<C, D, U> {

    private final WorkerThreads workers;

    /**
     * Starts the threads.
     *
     * @param algorithm the client side of the algorithm
     * @param options how clients are run
     * @throws IllegalArgumentException if the device is a CUDA device that there is not
     */
    @SuppressWarnings("this-escape") // all that is called is final
    public ThreadPoolClientTrainer(ClientAlgorithm<C, D, U> algorithm, TrainerOptions options) {
        super(algorithm, options, StopEvent.create());
        ClientTimeouts overtime = watchOvertime();
        List<ClientRunner> runners = new ArrayList<>();
        for (int i = 0; i < options.numParallels(); i++) {
            runners.add(new ClientRunner(i, workerSettings(), shared(), clientsStopEvent(), stateClasses(), overtime));
        }
        this.workers = new WorkerThreads(runners, options.intraOpThreads(), this::freeShared);
        shareDeclared();
    }

    @Override
    <F, E, W> RoundResults<W> execute(RoundContext<F, E, W> round) {
        round.prepareBuffers();
        return workers.start(new ThreadRound<>(this, workers, round));
    }

    @Override
    boolean isWorkerThread() {
        return workers.contains(Thread.currentThread());
    }

    @Override
    void closeWorkers() {
        workers.close(options().grace());
    }
}
