package org.blazefl4j.worker;

import java.io.Serializable;
import java.util.List;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.PackageSum;
import org.blazefl4j.core.WorkFailedException;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The work of one round by position: clients to train, or clients or shards of work between rounds. "Client" includes
 * shards except where noted. Dispatchers use it through {@link RoundContext}, which decides about failures and results.
 *
 * @param <C> the client's configuration, or the shard
 * @param <D> the downlink package, or what all shards are given
 * @param <U> the uplink package, or a shard's result
 */
public interface RoundWork<C, D, U> {

    /** Returns the round, from 0, or the next one for work between rounds. */
    int round();

    /** Returns the clients in the order of dealing, called list order. */
    List<Integer> ids();

    ClientWorker<? super C, ? super D, ? extends U> function();

    /** Returns the work between rounds that this is, or null if this trains clients. */
    default @Nullable SideWork side() {
        return null;
    }

    /** Returns the function that worker processes do not know yet, as it was given, or null if this trains clients. */
    default @Nullable Serializable sideFunction() {
        return null;
    }

    /** Returns what all clients are given. */
    D payload();

    ClientJob job(int index);

    /** Returns the configuration at a position. Called once, on the calling thread, when the client is dealt. */
    C config(int index);

    /** Returns the uplink buffers for clients of this process, or null for work between rounds. */
    default @Nullable UplinkBuffers<U> buffers() {
        return null;
    }

    /** Returns the most clients between dealing and hand-over when streaming, for modes without their own limit. */
    int slots();

    /** Returns the sum that packages are added up to where clients are trained, or null if each is handed over. */
    default @Nullable PackageSum<U> sum() {
        return null;
    }

    FailureRules rules();

    /** Learns that a client's result contains NaN or an infinity. Callable from any thread. */
    default void nonFinite(int index) {}

    /**
     * Returns the exception for the failure of a client.
     *
     * @param reason what happened, or null to describe the cause
     * @param cause the client's exception
     */
    WorkFailedException failure(int index, int worker, @Nullable String reason, @Nullable Throwable cause);

    /**
     * Returns the encoded state of a client, if it has one; the caller owns it. Callable from any thread.
     *
     * @throws IllegalStateException if the state cannot be read
     */
    default @Nullable Tensor state(int index) {
        return null;
    }

    /**
     * Takes ownership of the encoded state that a client kept.
     *
     * @throws IllegalStateException if it cannot be stored
     */
    void stage(int index, Tensor state);

    default void commit() {}

    /** Returns the ids again, for progress display. Each is requested after the previous one was handed over. */
    default Iterable<Integer> progress() {
        return ids();
    }

    default U convert(U uplink) {
        return uplink;
    }

    /** Takes ownership of a client's package that could not be handed over. */
    default void keep(int index, U uplink) {}
}
