package org.blazefl4j.core;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** One round of a {@link Simulation}, and how long its parts took. Listeners' time is counted nowhere. */
final class SimulatedRound<U, D> {

    private final ServerHandler<U, D> handler;
    private final ClientTrainer<U, D> trainer;
    private final List<RoundListener<? super U>> listeners;
    private final int number;
    private boolean complete;
    private int loaded;
    private List<Integer> dropped = List.of();
    private long aggregating;
    private long listening;

    SimulatedRound(ServerHandler<U, D> handler, ClientTrainer<U, D> trainer, List<RoundListener<? super U>> listeners) {
        this.handler = handler;
        this.trainer = trainer;
        this.listeners = listeners;
        this.number = trainer.round();
    }

    RoundReport run() {
        long start = System.nanoTime();
        List<Integer> cids = trainer.order(handler.sampleClients());
        long sampling = System.nanoTime() - start;
        tell(listener -> listener.roundStarted(number, cids));
        long training = train(cids);
        start = System.nanoTime();
        var summary = handler.getSummary();
        long evaluation = System.nanoTime() - start;
        RoundReport report = new RoundReport(
                number,
                cids,
                dropped,
                trainer.retried().size(),
                summary,
                Duration.ofNanos(sampling),
                Duration.ofNanos(training),
                Duration.ofNanos(aggregating),
                Duration.ofNanos(evaluation));
        tell(listener -> listener.roundFinished(report));
        return report;
    }

    private long train(List<Integer> cids) {
        listening = 0;
        long start = System.nanoTime();
        trainer.localProcess(handler.downlinkPackage(), cids, this::load);
        dropped =
                trainer.dropped().stream().map(ClientFailedException::clientId).toList();
        dropped.forEach(this::drop);
        long elapsed = System.nanoTime() - start;
        if (!complete) {
            throw new IllegalStateException("round is not complete: round=" + number + ", packages=" + loaded
                    + ", dropped=" + dropped.size()
                    + ", limit=those that the handler waits for; its load must return true at the last of the clients"
                    + " that it sampled");
        }
        return elapsed - aggregating - listening;
    }

    private void load(U uplink) {
        try {
            long start = System.nanoTime();
            complete |= handler.load(uplink);
            aggregating += System.nanoTime() - start;
            loaded++;
            tell(listener -> listener.clientLoaded(number, uplink));
        } finally {
            close(uplink);
        }
    }

    private void drop(int cid) {
        long start = System.nanoTime();
        complete |= handler.drop(cid);
        aggregating += System.nanoTime() - start;
    }

    private void tell(Consumer<RoundListener<? super U>> event) {
        long start = System.nanoTime();
        listeners.forEach(event);
        listening += System.nanoTime() - start;
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
            throw new IllegalStateException("package did not close: " + failure, failure);
        }
    }
}
