package org.blazefl4j.trainer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.worker.ClientRunner;
import org.blazefl4j.worker.ClientTimeouts;
import org.blazefl4j.worker.Delivery;
import org.blazefl4j.worker.ResultSink;
import org.blazefl4j.worker.RoundContext;
import org.blazefl4j.worker.RoundResults;
import org.blazefl4j.worker.RoundRunner;
import org.blazefl4j.worker.RoundStopEvent;
import org.blazefl4j.worker.RoundWork;
import org.blazefl4j.worker.TrainerLifecycle;
import org.blazefl4j.worker.WorkerSettings;
import org.bytedeco.pytorch.Tensor;

/** Runs a trainer's rounds and the work between them, one at a time, on the thread that asks for it. */
final class TrainerRounds implements AutoCloseable {

    /** The most packages to hand over together: about as many as a sum takes in one pass. */
    static final int LARGEST_BATCH = 8;

    /** Dispatches one round in the trainer's mode. */
    interface Dispatcher {
        <E, F, W> RoundResults<W> dispatch(RoundContext<E, F, W> context);
    }

    private final int intraOpThreads;
    private final StopEvent stopEvent;
    private final IntSupplier next;
    private final Dispatcher dispatcher;
    private final TrainerLifecycle lifecycle;
    private final RoundStopEvent roundStop;
    private final ClientTimeouts timeouts;

    /**
     * Creates the rounds of an open trainer.
     *
     * @param next the current round, or else the next one, from 0
     * @param local whether clients run in this process, so that threads of clients over their time limit are
     *     interrupted
     */
    TrainerRounds(TrainerOptions options, StopEvent stopEvent, IntSupplier next, Dispatcher dispatcher, boolean local) {
        this.intraOpThreads = options.intraOpThreads();
        this.stopEvent = stopEvent;
        this.next = next;
        this.dispatcher = dispatcher;
        this.lifecycle = new TrainerLifecycle(options.grace());
        this.roundStop = new RoundStopEvent(stopEvent);
        this.timeouts = options.clientTimeLimit()
                .filter(limit -> local)
                .map(limit -> ClientTimeouts.after(options.grace()))
                .orElseGet(ClientTimeouts::unwatched);
    }

    int next() {
        return next.getAsInt();
    }

    StopEvent stopEvent() {
        return stopEvent;
    }

    TrainerLifecycle lifecycle() {
        return lifecycle;
    }

    /** Creates a worker of this process, which follows the running round. */
    ClientRunner runner(int index, WorkerSettings settings, Map<String, Tensor> shared, ClassLoader classes) {
        return new ClientRunner(index, settings, shared, roundStop, classes, timeouts);
    }

    /** Uses the trainer, which must be open, while no other thread does. */
    void exclusively(Runnable use) {
        apart(() -> {
            lifecycle.requireOpen(next());
            use.run();
        });
    }

    /** Uses the trainer, open or closed, while no other thread does. */
    void apart(Runnable use) {
        lifecycle.enter(next());
        try {
            use.run();
        } finally {
            lifecycle.leave();
        }
    }

    /** Begins a round, unless the trainer was stopped. */
    <E, F, W> RoundContext<E, F, W> context(RoundWork<E, F, W> work, Delivery delivery) {
        RoundContext<E, F, W> context = new RoundContext<>(work, delivery, lifecycle, stopEvent, timeouts);
        context.throwIfStopped();
        return context;
    }

    /** Runs a round to its end, and hands its results over, at most so many together. */
    <W> void run(RoundContext<?, ?, W> current, int most, Consumer<? super List<W>> sink) {
        roundStop.follow(current);
        try (IntraOpThreads scope = IntraOpThreads.scope(intraOpThreads)) {
            current.clock().enter(Phase.PUBLISH);
            new RoundRunner<>(current, dispatcher.dispatch(current), new ResultSink<>(sink, most)).run();
        } finally {
            roundStop.follow(null);
        }
    }

    /** Runs work that is not a round, and returns its results in order. */
    <R> List<R> between(Supplier<RoundWork<?, ?, R>> work) {
        List<R> results = new ArrayList<>();
        exclusively(() -> run(context(work.get(), Delivery.IN_ORDER), LARGEST_BATCH, results::addAll));
        return results;
    }

    /** Ends the watch over clients' time limits. */
    @Override
    public void close() {
        timeouts.close();
    }
}
