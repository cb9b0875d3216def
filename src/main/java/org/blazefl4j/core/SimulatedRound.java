package org.blazefl4j.core;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.util.ErrorCollector;
import org.blazefl4j.util.PhaseClock;
import org.jspecify.annotations.Nullable;

/** One round of a {@link Simulation}, timed without its listeners. */
final class SimulatedRound<D, U> {

    private final ServerHandler<D, U> handler;
    private final ClientTrainer<D, U> trainer;
    private final List<StopRule> rules;
    private final List<RoundListener<? super U>> listeners;
    private final OwnColumns columns;
    private final OwnColumns lastColumns;
    private final int number;
    private final PhaseClock<Phase> clock;
    private boolean scheduled = true;
    private BooleanSupplier isLast = () -> false;
    private boolean complete;
    private int loaded;
    private List<Integer> dropped = List.of();
    private @Nullable StoppedException stopped;

    SimulatedRound(
            ServerHandler<D, U> handler,
            ClientTrainer<D, U> trainer,
            List<StopRule> rules,
            List<RoundListener<? super U>> listeners,
            OwnColumns columns,
            OwnColumns lastColumns,
            PhaseClock<Phase> clock) {
        this.handler = handler;
        this.trainer = trainer;
        this.rules = rules;
        this.listeners = listeners;
        this.columns = columns;
        this.lastColumns = lastColumns;
        this.number = trainer.round();
        this.clock = clock;
    }

    /** Evaluates after some rounds only, and after the last. */
    void evaluateEvery(int rounds, BooleanSupplier isLast) {
        this.scheduled = number == 0 || (number + 1) % rounds == 0;
        this.isLast = isLast;
    }

    RoundReport run() {
        clock.enter(Phase.SAMPLE);
        List<Integer> cids = trainer.order(handler.sampleClients(trainer.workers()));
        complete = cids.isEmpty();
        tell(listener -> listener.roundStarted(number, cids));
        train(cids);
        clock.enter(Phase.EVALUATE);
        var summary = scheduled ? summary() : handler.briefSummary();
        clock.pause();
        int retries = trainer.retried().size();
        RoundReport report = withColumns(
                columns,
                new RoundReport(number, cids, dropped, retries, trainer.nonFinite(), summary, phases(), scheduled));
        rules.forEach(rule -> rule.roundFinished(report));
        RoundReport whole = withColumns(lastColumns, scheduled || !isLast.getAsBoolean() ? report : evaluated(report));
        listeners.forEach(listener -> listener.roundFinished(whole));
        return whole;
    }

    private RoundReport evaluated(RoundReport report) {
        clock.enter(Phase.EVALUATE);
        RoundReport evaluated = report.evaluated(summary());
        clock.pause();
        return evaluated;
    }

    private RoundReport withColumns(OwnColumns columns, RoundReport report) {
        clock.enter(Phase.EVALUATE);
        RoundReport result;
        try {
            result = columns.addTo(report);
        } catch (StoppedException early) { // from here on the trainer works again, to complete the report
            stopped = early;
            result = columns.addTo(report);
        }
        clock.pause();
        return result.withPhases(phases());
    }

    /** Throws, after the report, if the workers were stopped during the evaluation. */
    void throwIfStopped() {
        if (stopped != null) {
            throw stopped;
        }
    }

    /** Evaluates also after a stop: the handler is in the next round, so a resumed run needs the report of this one. */
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
        Optional<PackageSum<U>> sum = trainer.addsUp() ? handler.packageSum() : Optional.empty();
        if (sum.isPresent()) {
            trainer.localProcessInSums(
                    payload, cids, sum.get(), (uplinks, total) -> load(uplinks, () -> handler.loadSum(uplinks, total)));
        } else if (handler.acceptsAnyOrder()) {
            trainer.localProcessInAnyOrder(payload, cids, this::load);
        } else {
            trainer.localProcessInBatches(payload, cids, this::load);
        }
        dropped =
                trainer.dropped().stream().map(ClientFailedException::clientId).toList();
        dropped.forEach(this::drop);
        if (!complete) {
            throw new IllegalStateException("round is not complete: round=" + (number + 1) + ", packages=" + loaded
                    + ", dropped=" + dropped.size()
                    + ", expected=a complete round; the handler's load must return true at the last client that it"
                    + " sampled");
        }
    }

    private void load(List<U> uplinks) {
        load(uplinks, () -> handler.loadAll(uplinks));
    }

    private void load(List<U> uplinks, BooleanSupplier load) {
        try {
            clock.enter(Phase.AGGREGATE);
            complete |= loaded(load);
            loaded += uplinks.size();
            tellLoaded(uplinks);
        } finally {
            clock.enter(Phase.COLLECT);
            discardAll(uplinks);
            clock.enter(Phase.TRAIN);
        }
    }

    /** Explains JavaCPP's exception for a closed tensor. */
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
                            + ", expected=tensors of the packages being loaded, or copies; a package is closed after it"
                            + " was loaded: keep clones of its tensors, or call retainReference() and close them later",
                    e);
        }
    }

    private void drop(int cid) {
        clock.enter(Phase.AGGREGATE);
        complete |= loaded(() -> handler.drop(cid));
    }

    /** Divides {@link Phase#TRAIN}, the whole time in the trainer, as the trainer measured it. */
    private PhaseTimes phases() {
        return new PhaseTimes(clock.times()).divide(Phase.TRAIN, trainer.phases(), Phase.COLLECT);
    }

    /** Reports loaded packages; costs nothing without listeners. */
    private void tellLoaded(List<U> uplinks) {
        if (!rules.isEmpty() || !listeners.isEmpty()) {
            uplinks.forEach(uplink -> tell(listener -> listener.clientLoaded(number, uplink)));
        }
    }

    private void tell(Consumer<RoundListener<? super U>> event) {
        clock.pause();
        rules.forEach(event);
        listeners.forEach(event);
    }

    /** Closes every package, even if one fails to close. */
    private void discardAll(List<U> uplinks) {
        ErrorCollector failures = new ErrorCollector();
        uplinks.forEach(uplink -> failures.run(() -> trainer.discard(uplink)));
        failures.throwFirst("cannot close a package");
    }
}
