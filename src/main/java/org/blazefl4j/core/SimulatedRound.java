package org.blazefl4j.core;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.blazefl4j.util.Throwables;

/** One round of a {@link Simulation}, and how long its parts took. Listeners' time is counted nowhere. */
final class SimulatedRound<U, D> {

    private final ServerHandler<U, D> handler;
    private final ClientTrainer<U, D> trainer;
    private final List<RoundListener<? super U>> listeners;
    private final int number;
    private final PhaseClock clock;
    private boolean complete;
    private int loaded;
    private List<Integer> dropped = List.of();
    private StoppedException stopped;

    SimulatedRound(
            ServerHandler<U, D> handler,
            ClientTrainer<U, D> trainer,
            List<RoundListener<? super U>> listeners,
            PhaseClock clock) {
        this.handler = handler;
        this.trainer = trainer;
        this.listeners = listeners;
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
        RoundReport report = new RoundReport(
                number, cids, dropped, trainer.retried().size(), trainer.nonFinite(), summary, phases());
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
            throw new IllegalStateException("round is not complete: round=" + number + ", packages=" + loaded
                    + ", dropped=" + dropped.size()
                    + ", limit=those that the handler waits for; its load must return true at the last of the clients"
                    + " that it sampled");
        }
    }

    private void load(List<U> uplinks) {
        try {
            clock.enter(Phase.AGGREGATE);
            complete |= handler.loadAll(uplinks);
            loaded += uplinks.size();
            tellOf(uplinks);
        } finally {
            clock.enter(Phase.COLLECT);
            closeAll(uplinks);
            clock.enter(Phase.TRAIN);
        }
    }

    private void drop(int cid) {
        clock.enter(Phase.AGGREGATE);
        complete |= handler.drop(cid);
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
    private static void closeAll(List<?> uplinks) {
        RuntimeException failure = null;
        for (Object uplink : uplinks) {
            try {
                close(uplink);
            } catch (RuntimeException e) {
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private static void close(Object uplink) {
        if (!(uplink instanceof AutoCloseable closeable)) {
            return;
        }
        try {
            closeable.close();
        } catch (RuntimeException unchecked) {
            throw unchecked;
        } catch (Exception failure) {
            throw new IllegalStateException("package did not close: " + Throwables.text(failure), failure);
        }
    }
}
