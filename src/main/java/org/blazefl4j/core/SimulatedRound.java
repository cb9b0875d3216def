package org.blazefl4j.core;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** One round of a {@link Simulation}, and how long its parts took. Listeners' time is counted nowhere. */
final class SimulatedRound<D, U> {

    private final ServerHandler<D, U> handler;
    private final ClientTrainer<D, U> trainer;
    private final List<RoundListener<? super U>> listeners;
    private final OwnColumns columns;
    private final int number;
    private final PhaseClock clock;
    private boolean complete;
    private int loaded;
    private List<Integer> dropped = List.of();
    private StoppedException stopped;

    SimulatedRound(
            ServerHandler<D, U> handler,
            ClientTrainer<D, U> trainer,
            List<RoundListener<? super U>> listeners,
            OwnColumns columns,
            PhaseClock clock) {
        this.handler = handler;
        this.trainer = trainer;
        this.listeners = listeners;
        this.columns = columns;
        this.number = trainer.round();
        this.clock = clock;
    }

    RoundReport run() {
        clock.enter(Phase.SAMPLE);
        List<Integer> cids = trainer.order(handler.sampleClients());
        tell(listener -> listener.roundStarted(number, cids));
        train(cids);
        clock.enter(Phase.EVALUATE);
        var summary = summary();
        clock.pause();
        RoundReport report = columns.addTo(new RoundReport(
                number, cids, dropped, trainer.retried().size(), trainer.nonFinite(), summary, phases()));
        tell(listener -> listener.roundFinished(report));
        return report;
    }

    /** If the workers were stopped meanwhile, once the round is reported. */
    void throwIfStopped() {
        if (stopped != null) {
            throw stopped;
        }
    }

    /**
     * The handler has gone on to the next round: without a report this one would be lost to whoever resumes the run.
     */
    private Map<String, Object> summary() {
        try {
            return handler.getSummary(trainer.workers());
        } catch (StoppedException early) {
            stopped = early;
            return handler.getSummary();
        }
    }

    private void train(List<Integer> cids) {
        clock.enter(Phase.PUBLISH);
        D payload = handler.downlinkPackage();
        clock.enter(Phase.TRAIN);
        trainer.localProcessInBatches(payload, cids, this::load);
        dropped =
                trainer.dropped().stream().map(ClientFailedException::clientId).toList();
        dropped.forEach(this::drop);
        if (!complete) {
            throw new IllegalStateException("round is not complete: round=" + (number + 1) + ", packages=" + loaded
                    + ", dropped=" + dropped.size()
                    + ", limit=those that the handler waits for; its load must return true at the last of the clients"
                    + " that it sampled");
        }
    }

    private void load(List<U> uplinks) {
        try {
            clock.enter(Phase.AGGREGATE);
            complete |= loaded(() -> handler.loadAll(uplinks));
            loaded += uplinks.size();
            tellOf(uplinks);
        } finally {
            clock.enter(Phase.COLLECT);
            discardAll(uplinks);
            clock.enter(Phase.TRAIN);
        }
    }

    /** JavaCPP's own words say nothing of packages. */
    private boolean loaded(BooleanSupplier load) {
        try {
            return load.getAsBoolean();
        } catch (NullPointerException e) {
            if (!String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT).contains("pointer address")) {
                throw e;
            }
            throw new IllegalStateException(
                    "handler used a closed tensor: handler="
                            + handler.getClass().getName()
                            + ", expected=tensors of the packages that are loaded now, or copies; a package is closed once"
                            + " it was loaded: keep clones of its tensors, or keep them by retainReference() and close"
                            + " them",
                    e);
        }
    }

    private void drop(int cid) {
        clock.enter(Phase.AGGREGATE);
        complete |= loaded(() -> handler.drop(cid));
    }

    /** What goes by in the trainer counts as {@link Phase#TRAIN} here; the trainer knows more of it. */
    private PhaseTimes phases() {
        return clock.times().divide(Phase.TRAIN, trainer.phases(), Phase.COLLECT);
    }

    /** Costs a client nothing where nobody listens. */
    private void tellOf(List<U> uplinks) {
        if (listeners.isEmpty()) {
            return;
        }
        clock.pause();
        for (U uplink : uplinks) {
            for (RoundListener<? super U> listener : listeners) {
                listener.clientLoaded(number, uplink);
            }
        }
    }

    private void tell(Consumer<RoundListener<? super U>> event) {
        clock.pause();
        listeners.forEach(event);
    }

    /** Closes every package, also if one of them does not close. */
    private void discardAll(List<U> uplinks) {
        RuntimeException failure = null;
        for (U uplink : uplinks) {
            try {
                trainer.discard(uplink);
            } catch (RuntimeException e) {
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
