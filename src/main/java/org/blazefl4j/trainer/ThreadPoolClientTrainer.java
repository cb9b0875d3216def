package org.blazefl4j.trainer;

import java.util.List;
import java.util.stream.IntStream;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.worker.ClientRunner;
import org.blazefl4j.worker.RoundContext;
import org.blazefl4j.worker.RoundResults;

/**
 * Trains clients in threads of this process, {@link TrainerOptions#numParallels()} at a time. The threads are daemons
 * named {@code blazefl4j-…} and live as long as the trainer; each has its own resources.
 *
 * <p>All clients get the same payload and configuration objects, and the same memory behind shared tensors, so they
 * must only read them.
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
     * @throws IllegalArgumentException if the CUDA device does not exist
     */
    @SuppressWarnings("this-escape") // all that is called is final
    public ThreadPoolClientTrainer(ClientAlgorithm<C, D, U> algorithm, TrainerOptions options) {
        super(algorithm, options, StopEvent.create(), true);
        List<ClientRunner> runners = IntStream.range(0, options.numParallels())
                .mapToObj(this::runner)
                .toList();
        int devices = workerSettings().devices().size();
        this.workers = new WorkerThreads(runners, options.intraOpThreads(), devices, this::freeShared);
        shareDeclared();
    }

    @Override
    <E, F, W> RoundResults<W> dispatch(RoundContext<E, F, W> context) {
        context.prepareBuffers();
        return workers.start(new ThreadRound<>(workers, context));
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
