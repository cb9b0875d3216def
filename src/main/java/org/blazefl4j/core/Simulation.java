package org.blazefl4j.core;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/**
 * The loop of rounds, with listeners: it samples clients, trains them and loads their packages until the handler says
 * that training is over.
 *
 * <pre>{@code
 * try (var trainer = new ProcessPoolClientTrainer<>(clients, options)) {
 *     SimulationSummary summary = new Simulation<>(handler, trainer).addListener(progress).run();
 * }
 * }</pre>
 *
 * <p>Packages that are ready together are loaded together ({@link ServerHandler#loadAll}), and closed with all their
 * tensors when the handler has loaded them ({@link ClientTrainer#discard}): what it keeps it copies. Of clients that
 * the trainer dropped the handler is told when the others' packages are loaded. What a handler, a listener or a client
 * throws ends the run and is passed on.
 *
 * @param <D> the downlink package, server to client
 * @param <U> the uplink package, client to server
 */
public final class Simulation<D, U> {

    private final ServerHandler<D, U> handler;
    private final ClientTrainer<D, U> trainer;
    private final List<RoundListener<? super U>> listeners = new CopyOnWriteArrayList<>();
    private final OwnColumns columns = new OwnColumns();
    private final Object lock = new Object();
    private boolean running;
    private boolean stopping;

    /**
     * A simulation; handler and trainer stay the caller's.
     *
     * @param handler the server side
     * @param trainer the client side
     */
    public Simulation(ServerHandler<D, U> handler, ClientTrainer<D, U> trainer) {
        this.handler = Objects.requireNonNull(handler, "handler");
        this.trainer = Objects.requireNonNull(trainer, "trainer");
    }

    /** Adds a listener, which is called after those added before. */
    public Simulation<D, U> addListener(RoundListener<? super U> listener) {
        listeners.add(Objects.requireNonNull(listener, "listener"));
        return this;
    }

    /**
     * Adds figures of your own to every round's summary, after the handler's: listeners, console, result files and
     * {@code verify} have them like any other.
     *
     * <pre>{@code
     * simulation.addColumns(report -> Map.of("rate", rates.of(report.round())));
     * }</pre>
     *
     * @param source asked once a round is evaluated, on the thread that runs the rounds, before the listeners; gives
     *     numbers (NaN where there is none), texts or booleans, by the same names in every round, and by none that the
     *     summary or every result file has. Columns come in the map's order, which {@code Map.of} does not settle:
     *     several are best given in a {@code LinkedHashMap}, or by a source each. What ends in {@code _seconds} counts
     *     as a time, which {@code verify} leaves out. What it throws ends the simulation, and so does a column that
     *     cannot be, with an {@link IllegalArgumentException}
     */
    public Simulation<D, U> addColumns(Function<? super RoundReport, ? extends Map<String, ?>> source) {
        columns.add(Objects.requireNonNull(source, "source"));
        return this;
    }

    /**
     * Ends the run: running clients end at their next batch, the round that is under way is not completed, and
     * {@link #run()} returns. A round that is being evaluated is complete: it is evaluated to its end, by the thread
     * that runs the simulation alone, and reported first. Without a run, the next one returns at once. Safe to call
     * from any thread.
     */
    public void stop() {
        synchronized (lock) {
            stopping = true;
            if (running) {
                trainer.stopEvent().set();
            }
        }
    }

    /**
     * Runs rounds until the handler is stopped or {@link #stop()} is called.
     *
     * @return what was done
     * @throws ClientFailedException if a client fails and is neither trained again nor dropped
     * @throws ShardFailedException if the evaluation of a round fails in a worker and is not done again
     * @throws StoppedException if the trainer was stopped by something else: its stop event, an interrupt, its closing
     * @throws IllegalStateException if a round's packages did not complete the handler's round, or the simulation runs
     *     already
     */
    public SimulationSummary run() {
        begin();
        SimulationSummary rounds = SimulationSummary.NOTHING;
        try {
            handler.restartRound();
            while (!isStopping() && !handler.isStopped()) {
                SimulatedRound<D, U> round =
                        new SimulatedRound<>(handler, trainer, listeners, columns, new PhaseClock());
                rounds = rounds.plus(round.run());
                round.throwIfStopped();
            }
        } catch (StoppedException stopped) {
            if (!isStopping()) {
                throw stopped;
            }
        } finally {
            rounds = end(rounds);
        }
        SimulationSummary summary = rounds.with(trainer.peakMemory());
        listeners.forEach(listener -> listener.runFinished(summary));
        return summary;
    }

    private void begin() {
        synchronized (lock) {
            if (running) {
                throw new IllegalStateException(
                        "simulation runs already: limit=one run at a time; wait for it, or call stop()");
            }
            running = true;
        }
    }

    private boolean isStopping() {
        synchronized (lock) {
            return stopping;
        }
    }

    /** Takes the stop request as served, so that neither the trainer nor the next run finds it again. */
    private SimulationSummary end(SimulationSummary summary) {
        synchronized (lock) {
            running = false;
            if (!stopping) {
                return summary;
            }
            stopping = false;
            trainer.stopEvent().clear();
            return summary.whichStopped();
        }
    }
}
