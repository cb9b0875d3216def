package org.blazefl4j.contrib.common;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToIntFunction;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.core.Workers;

/**
 * A server's rounds, whatever its algorithm: who takes part, who was heard of, and what is called when. A subclass says
 * what it does with one package ({@link #add}) and with a batch of them ({@link #fold}), what with all of a round
 * ({@link #update}), and how it starts a round again ({@link #forget}).
 *
 * <p>Clients are drawn without replacement from the stream (seed, server, round, {@code "sample"}).
 *
 * <p>Used by one thread at a time.
 *
 * @param <D> the downlink package, server to client
 * @param <U> the uplink package, client to server
 */
public abstract class AbstractServerHandler<D, U> implements ServerHandler<D, U>, Checkpointable, AutoCloseable {

    private final RoundParticipation intake;
    private final ToIntFunction<U> cid;
    private final ServerDivergence divergence;
    private boolean closed;

    /**
     * Before the first round.
     *
     * @param options how many rounds, and of which clients
     * @param cid the client that sent a package
     */
    protected AbstractServerHandler(ServerOptions options, ToIntFunction<U> cid) {
        this.intake = new RoundParticipation(options);
        this.cid = cid;
        this.divergence = new ServerDivergence(options.onNonFinite());
    }

    /**
     * Adds one client's package to what was added since {@link #forget}, or takes note of it to do so with the next
     * ones.
     *
     * @param uplink stays the caller's, and open until {@link #fold}, {@link #update} or {@link #forget} has returned
     * @throws IllegalArgumentException if it does not fit; all is then as before
     */
    protected abstract void add(U uplink);

    /** Adds what {@link #add} has only taken note of; nothing unless overridden. */
    protected void fold() {}

    /** Makes what was added the round's result. {@link #forget} is called next, then the round is counted. */
    protected abstract void update();

    /** Forgets all that was added. */
    protected abstract void forget();

    /** Whether what {@link #update} made holds neither NaN nor infinities; true unless overridden. */
    protected boolean isFinite() {
        return true;
    }

    /** Frees what the server owns. Called once. */
    protected abstract void free();

    /**
     * Makes sure that the server can be used.
     *
     * @throws IllegalStateException if it is closed
     */
    protected final void requireOpen() {
        if (closed) {
            throw new IllegalStateException("handler is closed: handler="
                    + getClass().getSimpleName() + "; make a new one, and close it after the last round");
        }
    }

    /** The number of completed rounds. */
    public final int round() {
        return intake.round();
    }

    @Override
    public final boolean isStopped() {
        return intake.isStopped();
    }

    /**
     * Draws the next round's clients; a second call before any client was loaded or dropped draws the same.
     *
     * @throws IllegalStateException if the last round was begun but not completed: some of its clients were neither
     *     loaded nor dropped. Call {@link #restartRound} to repeat it
     */
    @Override
    public final List<Integer> sampleClients() {
        requireOpen();
        intake.requireBetweenRounds();
        return intake.sample();
    }

    @Override
    public final void restartRound() {
        requireOpen();
        restart();
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException if the client is none of the federation, or was loaded or dropped before in this
     *     round, or its package is closed or does not fit; the round is then as before
     * @throws NullPointerException if it is null
     * @throws IllegalStateException if the handler is closed
     */
    @Override
    public final boolean load(U uplink) {
        return loadAll(Collections.singletonList(uplink));
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException as {@link #load}; the packages before are then loaded
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
     * <p>The round's result is then that of the others, with the bits of a round that had sampled no more than them.
     *
     * @throws IllegalArgumentException if the client is none of the federation, or was loaded or dropped before in this
     *     round; the round is then as before
     * @throws IllegalStateException if it is the last client and all others were dropped; the round is then as before
     */
    @Override
    public final boolean drop(int client) {
        requireOpen();
        return completeIf(intake.drop(client));
    }

    private boolean completeIf(boolean all) {
        if (all) {
            complete();
        }
        return all;
    }

    /**
     * Adds a package of a client of the federation that was not heard of in this round.
     *
     * @param uplink stays the caller's
     * @return true if its client was the last that was waited for
     * @throws IllegalArgumentException as {@link #load}
     */
    private boolean take(U uplink) {
        int client = cid.applyAsInt(notNull(uplink));
        intake.check(client);
        add(uplink);
        return intake.load(client);
    }

    private U notNull(U uplink) {
        return Objects.requireNonNull(
                uplink, () -> "package is null: round=" + (round() + 1) + "; load what the trainer handed over");
    }

    private void restart() {
        forget();
        intake.restart();
    }

    private void complete() {
        update();
        forget();
        divergence.look(round(), this::isFinite);
        intake.complete();
    }

    /** Evaluates the server's model on the common test samples. */
    public abstract Evaluation evaluate();

    /**
     * The same, with the same bits, by a trainer's workers; by default without them.
     *
     * @param workers of a trainer in no round; there may be none
     * @throws org.blazefl4j.core.ShardFailedException if a worker failed
     * @throws org.blazefl4j.core.StoppedException if the trainer was stopped meanwhile
     */
    public Evaluation evaluate(Workers workers) {
        return evaluate();
    }

    /** The SHA-256 of the state of the server's model, as 64 hexadecimal digits. */
    public abstract String sha256();

    /**
     * Evaluates the server's model.
     *
     * @return {@code round} (completed rounds), {@code accuracy}, {@code loss} and {@code sha256}, then
     *     {@link #ownSummary}, in this order
     */
    @Override
    public final Map<String, Object> getSummary() {
        requireOpen();
        return summary(evaluate());
    }

    /**
     * Evaluates the server's model by a trainer's workers.
     *
     * @return as {@link #getSummary()}
     */
    @Override
    public final Map<String, Object> getSummary(Workers workers) {
        requireOpen();
        return summary(evaluate(workers));
    }

    private Map<String, Object> summary(Evaluation evaluation) {
        divergence.look(round(), evaluation);
        Map<String, Object> summary = evaluation.summary(round(), sha256());
        ownSummary().forEach((name, value) -> {
            if (summary.putIfAbsent(name, value) != null) {
                throw new IllegalStateException("name is taken: name=" + name + ", expected=none of " + summary.keySet()
                        + "; choose another in ownSummary()");
            }
        });
        return summary;
    }

    /** What the summary of the last completed round has besides, by name; nothing unless overridden. */
    protected Map<String, Object> ownSummary() {
        return Map.of();
    }

    /** Writes the number of completed rounds; a subclass adds the rest. */
    @Override
    public void save(CheckpointWriter out) {
        requireOpen();
        intake.save(out);
    }

    /** Reads the number of completed rounds and forgets what was added; a subclass reads the rest. */
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
        }
    }
}
