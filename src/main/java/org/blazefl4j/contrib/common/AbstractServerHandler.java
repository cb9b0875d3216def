package org.blazefl4j.contrib.common;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.ToIntFunction;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.core.Workers;
import org.blazefl4j.modelfile.StateDict;

/**
 * Runs a server's rounds: draws clients, checks packages, decides when a round is complete and evaluates the server's
 * model. A subclass adds one package ({@link #add}) or several at once ({@link #fold}), makes them the round's result
 * ({@link #update}) and discards them ({@link #forget}).
 *
 * <p>Clients are drawn by {@link #draw}. A round is complete when all of them were loaded or dropped.
 *
 * <p>Used by one thread at a time.
 *
 * @param <D> the downlink package, server to client
 * @param <U> the uplink package, client to server
 */
public abstract class AbstractServerHandler<D, U> implements ServerHandler<D, U>, Checkpointable, AutoCloseable {

    private final RoundParticipation intake;
    private final GlobalModel global;
    private final ToIntFunction<U> cid;
    private final ServerDivergence divergence;
    private boolean closed;

    /**
     * Makes a server before its first round.
     *
     * @param global the server's model, which this object then owns
     * @param cid returns the client that sent a package
     */
    protected AbstractServerHandler(ServerOptions options, GlobalModel global, ToIntFunction<U> cid) {
        this.global = global;
        this.intake = new RoundParticipation(options);
        this.cid = cid;
        this.divergence = new ServerDivergence(options.onNonFinite());
    }

    /**
     * Adds one client's package to this round's, now or at the next {@link #fold}.
     *
     * @param uplink stays the caller's, and open until {@link #fold}, {@link #update} or {@link #forget} has returned
     * @throws IllegalArgumentException if it does not fit; the round is then as before
     */
    protected abstract void add(U uplink);

    /** Adds the packages that {@link #add} has not added yet; does nothing unless overridden. */
    protected void fold() {}

    /**
     * Adds the sum of several clients' packages, if {@link #packageSum} returns how they are added up.
     *
     * @param uplinks the packages, with empty tensors
     */
    protected void addSum(List<U> uplinks, Object total) {
        throw new UnsupportedOperationException("handler cannot load sums: handler="
                + getClass().getName() + "; override addSum(List, Object), or load each package");
    }

    /**
     * Makes the added packages the round's result, and updates the model. The round is then counted, whatever fails
     * after it, because the model has moved: it cannot be repeated. A round for which {@link #draw} returned no clients
     * has no packages.
     */
    protected abstract void update();

    /** Discards all that was added. */
    protected abstract void forget();

    /**
     * Draws the clients of the next round: unless overridden, {@link ServerOptions#clientsPerRound} of them uniformly
     * without replacement, from the stream (seed, server, round, {@code "sample"}).
     *
     * @param workers may share the work of a draw; perhaps none
     * @return ascending, none twice; the same until the round is complete. Their number may vary, and may be none: the
     *     round is then complete at once
     */
    protected List<Integer> draw(Workers workers) {
        return intake.uniform();
    }

    /**
     * Learns from a round that is complete, after {@link #update} and before {@link #forget}; does nothing unless
     * overridden.
     *
     * @param loaded the clients whose packages were loaded, in this order
     * @param dropped the clients that sent nothing, in the order in which they were dropped
     */
    protected void completed(List<Integer> loaded, List<Integer> dropped) {}

    /** Returns whether the result of {@link #update} holds neither NaN nor infinities: the model, unless overridden. */
    protected boolean isFinite() {
        return global.isFinite();
    }

    /** Evaluates the server's model on the common test samples; another one, or several, if overridden. */
    protected Evaluation evaluation(Workers workers) {
        return global.evaluate(workers);
    }

    /** Returns further figures of the last completed round, by name; none unless overridden. */
    protected Map<String, Object> ownSummary() {
        return Map.of();
    }

    /** Frees what the subclass owns. Called once. */
    protected abstract void free();

    /** Returns the server's model; owned by this object. */
    protected final GlobalModel global() {
        return global;
    }

    /** Throws an {@link IllegalStateException} if the server is closed. */
    protected final void requireOpen() {
        if (closed) {
            throw new IllegalStateException("handler is closed: handler="
                    + getClass().getSimpleName() + "; make a new one, and close it after the last round");
        }
    }

    /** Returns the number of completed rounds. */
    public final int round() {
        return intake.round();
    }

    @Override
    public final boolean isStopped() {
        return intake.isStopped();
    }

    @Override
    public final List<Integer> sampleClients() {
        return sampleClients(Workers.NONE);
    }

    /**
     * {@inheritDoc}
     *
     * <p>Until a client was loaded or dropped, further calls return the same clients.
     *
     * @throws IllegalStateException if some of the last round's clients were neither loaded nor dropped; call
     *     {@link #restartRound} to repeat it
     */
    @Override
    public final List<Integer> sampleClients(Workers workers) {
        requireOpen();
        intake.requireBetweenRounds();
        drawClients(workers);
        List<Integer> cids = intake.clients();
        completeIf(cids.isEmpty());
        return cids;
    }

    private void drawClients(Workers workers) {
        if (!intake.isDrawn()) {
            intake.begin(draw(workers));
        }
    }

    @Override
    public final void restartRound() {
        requireOpen();
        forget();
        intake.restart();
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException if the client was not sampled, or was loaded or dropped before in this round, or
     *     its package is closed or does not fit; the round is then as before
     * @throws IllegalStateException if the handler is closed
     */
    @Override
    public final boolean load(U uplink) {
        return loadAll(Collections.singletonList(uplink));
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException as {@link #load}; the packages before it are then loaded
     */
    @Override
    public final boolean loadAll(List<U> uplinks) {
        requireOpen();
        boolean complete = false;
        try {
            for (U uplink : uplinks) {
                complete |= completeIf(take(uplink));
            }
        } finally {
            fold();
        }
        return complete;
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException as {@link #load}; the round is then as before
     */
    @Override
    public final boolean loadSum(List<U> uplinks, Object total) {
        requireOpen();
        drawClients(Workers.NONE);
        uplinks.forEach(uplink -> intake.check(cid.applyAsInt(uplink)));
        addSum(uplinks, total);
        boolean all = false;
        for (U uplink : uplinks) {
            all |= intake.load(cid.applyAsInt(uplink));
        }
        return completeIf(all);
    }

    /** Adds a package. Returns whether it was the round's last. */
    private boolean take(U uplink) {
        Objects.requireNonNull(
                uplink, () -> "package is null: round=" + (round() + 1) + "; load what the trainer handed over");
        drawClients(Workers.NONE);
        int client = cid.applyAsInt(uplink);
        intake.check(client);
        add(uplink);
        return intake.load(client);
    }

    /**
     * {@inheritDoc}
     *
     * <p>The result has the bits of a round that had sampled only the others.
     *
     * @throws IllegalArgumentException if the client was not sampled, or was loaded or dropped before in this round;
     *     the round is then as before
     * @throws IllegalStateException if all others were dropped; the round is then as before
     */
    @Override
    public final boolean drop(int client) {
        requireOpen();
        drawClients(Workers.NONE);
        return completeIf(intake.drop(client));
    }

    private boolean completeIf(boolean all) {
        if (all) {
            update();
            try {
                completed(intake.loaded(), intake.dropped());
            } finally {
                forget();
                intake.complete();
            }
            divergence.check(round(), this::isFinite);
        }
        return all;
    }

    /** Evaluates the server's model on the common test samples. */
    public final Evaluation evaluate() {
        return evaluate(Workers.NONE);
    }

    /** Evaluates the server's model by the workers of a trainer that runs no round, as {@link GlobalModel#evaluate}. */
    public final Evaluation evaluate(Workers workers) {
        requireOpen();
        return evaluation(workers);
    }

    /**
     * Copies the models that {@link #evaluate} evaluates, by PyTorch's names: the server's, or several if it has them.
     * The caller closes them.
     */
    public List<StateDict> stateDicts() {
        requireOpen();
        return List.of(global.stateDict());
    }

    /** Returns the SHA-256 of the state of the server's model, as 64 hexadecimal digits. */
    public String sha256() {
        requireOpen();
        return global.sha256();
    }

    @Override
    public final Map<String, Object> getSummary() {
        return getSummary(Workers.NONE);
    }

    /**
     * Evaluates the server's model. Returns {@code round} (completed rounds), {@code accuracy}, {@code loss} and
     * {@code sha256}, then {@link #ownSummary}, in this order.
     */
    @Override
    public final Map<String, Object> getSummary(Workers workers) {
        Evaluation evaluation = evaluate(workers);
        divergence.check(round(), evaluation);
        return summary(Optional.of(evaluation));
    }

    /** Returns {@link #getSummary(Workers)} without {@code accuracy} and {@code loss}. */
    @Override
    public final Map<String, Object> briefSummary() {
        return summary(Optional.empty());
    }

    private Map<String, Object> summary(Optional<Evaluation> evaluation) {
        requireOpen();
        Map<String, Object> summary = new LinkedHashMap<>();
        summary.put("round", round());
        evaluation.ifPresent(figures -> {
            summary.put("accuracy", figures.accuracy());
            summary.put("loss", figures.loss());
        });
        summary.put("sha256", sha256());
        ownSummary().forEach((name, value) -> {
            if (summary.putIfAbsent(name, value) != null) {
                throw new IllegalStateException("duplicate name: name=" + name + ", expected=none of "
                        + summary.keySet() + "; choose another in ownSummary()");
            }
        });
        return summary;
    }

    /** Writes the number of completed rounds; a subclass adds the rest. */
    @Override
    public void save(CheckpointWriter out) {
        requireOpen();
        intake.save(out);
    }

    /** Reads the number of completed rounds and discards what was added; a subclass reads the rest. */
    @Override
    public void restore(CheckpointReader in) {
        requireOpen();
        intake.restore(in);
        forget();
    }

    /** Frees what the server owns; safe to call twice. */
    @Override
    public final void close() {
        if (!closed) {
            closed = true;
            free();
            global.close();
        }
    }
}
