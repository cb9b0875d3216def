package org.blazefl4j.core;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.blazefl4j.core.ClientTrainer.PeakMemory;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.util.Arguments;
import org.blazefl4j.util.PhaseClock;

/**
 * The round loop with listeners: samples clients, trains them and loads their packages until the handler is stopped.
 *
 * <pre>{@code
 * try (var trainer = new ProcessPoolClientTrainer<>(clients, options)) {
 *     Summary summary = new Simulation<>(handler, trainer).addListener(progress).run();
 * }
 * }</pre>
 *
 * <p>Packages that are ready together are loaded together ({@link ServerHandler#loadAll}) and then closed with all
 * their tensors ({@link ClientTrainer#discard}): a handler copies what it keeps. It is told of dropped clients after
 * the other clients' packages. An exception of a handler, listener or client ends the run and is passed on.
 *
 * @param <D> the downlink package, server to client
 * @param <U> the uplink package, client to server
 */
public final class Simulation<D, U> {

    private final ServerHandler<D, U> handler;
    private final ClientTrainer<D, U> trainer;
    private final List<RoundListener<? super U>> listeners = new CopyOnWriteArrayList<>();
    private final List<StopRule> rules = new CopyOnWriteArrayList<>();
    private final OwnColumns columns = new OwnColumns();
    private final OwnColumns lastColumns = new OwnColumns();
    private volatile int evaluateEvery = 1;
    private final Object lock = new Object();
    private boolean running;
    private boolean stopping;

    /** Makes a simulation; handler and trainer stay the caller's. */
    public Simulation(ServerHandler<D, U> handler, ClientTrainer<D, U> trainer) {
        this.handler = Objects.requireNonNull(handler, "handler");
        this.trainer = Objects.requireNonNull(trainer, "trainer");
    }

    /** Adds a listener, called after earlier ones. */
    public Simulation<D, U> addListener(RoundListener<? super U> listener) {
        listeners.add(Objects.requireNonNull(listener, "listener"));
        return this;
    }

    /**
     * Adds a rule that ends the run after a round. It is told of rounds before all listeners, so that those can save
     * it. The first rule with a reason counts.
     */
    public Simulation<D, U> addStopRule(StopRule rule) {
        rules.add(Objects.requireNonNull(rule, "rule"));
        return this;
    }

    /**
     * Sets after which rounds the handler evaluates its model: after the first, after each {@code rounds}-th, and after
     * the last, whichever that is (not that of a run that {@link #stop()} ends). The summaries of others have only what
     * takes no evaluation ({@link ServerHandler#briefSummary}) and your own columns; stop rules pass over figures that
     * they lack. A round that is evaluated only because it is the last is reported to rules before that, so that more
     * rounds can follow after a resume as if there had been no end.
     *
     * @param rounds 1, the default, for all
     * @throws IllegalArgumentException if it is below 1
     */
    public Simulation<D, U> evaluateEvery(int rounds) {
        Arguments.require(
                rounds >= 1,
                "rounds from one evaluation to the next out of range: rounds=" + rounds + ", limit=1 or more");
        evaluateEvery = rounds;
        return this;
    }

    /**
     * Adds your own columns to every round's summary, after the handler's, for listeners, console, result files and
     * {@code verify}.
     *
     * <pre>{@code
     * simulation.addColumns(report -> Map.of("rate", rates.of(report.round())));
     * }</pre>
     *
     * @param source called after each evaluation, before the listeners, on the thread that runs the rounds, and once
     *     more if it throws a {@link StoppedException}. It may use the trainer, which runs no round meanwhile. Returns
     *     numbers (NaN for none), strings or booleans, under the same names in every round, none of them taken by the
     *     summary or by all result files. Columns keep the map's order, so return several in a {@code LinkedHashMap}.
     *     {@code verify} ignores names that end in {@code _seconds}. An exception ends the simulation, as does an
     *     invalid column, by an {@link IllegalArgumentException}
     */
    public Simulation<D, U> addColumns(Function<? super RoundReport, ? extends Map<String, ?>> source) {
        columns.add(Objects.requireNonNull(source, "source"));
        return this;
    }

    /**
     * Adds columns as {@link #addColumns}, but computed after the last round only, whichever that is: the handler's
     * last, or one after which a stop rule ends the run. Rules have then been told of the round, without these columns.
     * A round during which {@link #stop()} was called is none.
     *
     * @param otherwise called after other rounds, for the same names; usually returns NaN
     */
    public Simulation<D, U> addLastColumns(
            Function<? super RoundReport, ? extends Map<String, ?>> source,
            Function<? super RoundReport, ? extends Map<String, ?>> otherwise) {
        Objects.requireNonNull(source, "source");
        Objects.requireNonNull(otherwise, "otherwise");
        lastColumns.add(report -> isEnding() ? source.apply(report) : otherwise.apply(report));
        return this;
    }

    private boolean isEnding() {
        return handler.isStopped() || stopReason().isPresent();
    }

    /**
     * Ends the run: running clients end at their next batch, the current round is not completed, and {@link #run()}
     * returns. A round that is being evaluated is complete: the calling thread of {@code run} finishes the evaluation
     * alone, computes your own columns and reports the round. Without a run, the next one returns at once. Safe to call
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
     * Runs rounds until the handler is stopped, a stop rule has a reason to end, or {@link #stop()} is called. A rule
     * that has one before the first round, because it was restored, ends the run at once.
     *
     * @throws ClientFailedException if a client fails and is neither retried nor dropped
     * @throws ShardFailedException if the evaluation of a round fails in a worker and is not retried
     * @throws StoppedException if the trainer was stopped otherwise: by its stop event, an interrupt or its closing
     * @throws IllegalStateException if a round's packages do not complete the handler's round, or the simulation is
     *     already running
     */
    public Summary run() {
        begin();
        Summary rounds = Summary.NOTHING;
        boolean stopped;
        try {
            handler.restartRound();
            while (!isStopping() && !isEnding()) {
                SimulatedRound<D, U> round = new SimulatedRound<>(
                        handler, trainer, rules, listeners, columns, lastColumns, new PhaseClock<>(Phase.class));
                round.evaluateEvery(evaluateEvery, this::isEnding);
                rounds = rounds.plus(round.run());
                round.throwIfStopped();
            }
        } catch (StoppedException early) {
            if (!isStopping()) {
                throw early;
            }
        } finally {
            stopped = end();
        }
        Summary summary = rounds.ended(stopped, stopReason(), trainer.peakMemory());
        rules.forEach(rule -> rule.runFinished(summary));
        listeners.forEach(listener -> listener.runFinished(summary));
        return summary;
    }

    private Optional<String> stopReason() {
        for (StopRule rule : rules) {
            Optional<String> reason = rule.reason();
            if (reason.isPresent()) {
                return reason;
            }
        }
        return Optional.empty();
    }

    private void begin() {
        synchronized (lock) {
            if (running) {
                throw new IllegalStateException(
                        "simulation is already running: expected=one run at a time; wait for it, or call stop()");
            }
            running = true;
        }
    }

    private boolean isStopping() {
        synchronized (lock) {
            return stopping;
        }
    }

    /**
     * Clears a served stop request, so that neither the trainer nor the next run finds it. Returns whether there was
     * one.
     */
    private boolean end() {
        synchronized (lock) {
            boolean stopped = stopping;
            running = false;
            stopping = false;
            if (stopped) {
                trainer.stopEvent().clear();
            }
            return stopped;
        }
    }

    /**
     * The outcome of a simulation. Rounds that did not complete are left out.
     *
     * @param rounds the number of completed rounds
     * @param clients the number of packages in them
     * @param nonFinite the number of clients' results in them that held NaN or an infinity
     * @param stopped whether {@link Simulation#stop()} ended the run
     * @param stopReason why a {@link StopRule} ended the run; empty if none did
     * @param summary {@link RoundReport#summary()} of the last completed round; empty if there was none
     * @param phases the sum of {@link RoundReport#phases()}
     * @param memory {@link ClientTrainer#peakMemory()} at the end
     */
    public record Summary(
            int rounds,
            long clients,
            long nonFinite,
            boolean stopped,
            Optional<String> stopReason,
            Map<String, Object> summary,
            PhaseTimes phases,
            PeakMemory memory) {

        static final Summary NOTHING =
                new Summary(0, 0, 0, false, Optional.empty(), Map.of(), PhaseTimes.NONE, PeakMemory.UNKNOWN);

        /** Returns the time of all rounds, without listeners. */
        public Duration total() {
            return phases.total();
        }

        Summary plus(RoundReport report) {
            return new Summary(
                    rounds + 1,
                    clients + report.clients().size(),
                    nonFinite + report.nonFinite().size(),
                    stopped,
                    stopReason,
                    report.summary(),
                    phases.plus(report.phases()),
                    memory);
        }

        Summary ended(boolean early, Optional<String> reason, PeakMemory peak) {
            return new Summary(rounds, clients, nonFinite, early, reason, summary, phases, peak);
        }
    }
}
