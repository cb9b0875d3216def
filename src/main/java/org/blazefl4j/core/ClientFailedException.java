package org.blazefl4j.core;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Thrown if a client returned no result: its worker threw, died, froze or was killed, or it exceeded its time limit.
 * Message and cause say which.
 */
public class ClientFailedException extends WorkFailedException {

    private static final long serialVersionUID = 1L;

    private final int clientId;
    private final int round;

    /**
     * Describes the failure of one client.
     *
     * @param round the round, from 0
     * @param reason what happened; null for the text of the cause, without LibTorch's native stack
     * @param cause the worker's exception, with its stack trace, if it threw one
     */
    public ClientFailedException(
            int clientId, int round, int worker, @Nullable String reason, @Nullable Throwable cause) {
        this("client failed", clientId, round, worker, reason, cause);
    }

    private ClientFailedException(
            String what, int clientId, int round, int worker, @Nullable String reason, @Nullable Throwable cause) {
        super(what + ": client=" + clientId + ", round=" + (round + 1), worker, reason, cause);
        this.clientId = clientId;
        this.round = round;
    }

    /** Returns the failure of one client that was evaluated before a round, with the constructor's parameters. */
    public static ClientFailedException ofEvaluation(
            int clientId, int round, int worker, @Nullable String reason, @Nullable Throwable cause) {
        return new ClientFailedException("evaluation failed", clientId, round, worker, reason, cause);
    }

    private ClientFailedException(String message, ClientFailedException last, int attempts) {
        super(message, last, attempts);
        this.clientId = last.clientId;
        this.round = last.round;
    }

    @Override
    ClientFailedException with(String message, int attempts) {
        return new ClientFailedException(message, this, attempts);
    }

    /**
     * Describes the failure of a round whose clients were all dropped: the first client's failure with another message,
     * and the other clients' failures suppressed.
     *
     * @param dropped the clients' failures, at least one
     */
    public static ClientFailedException ofWholeRound(List<ClientFailedException> dropped) {
        ClientFailedException first = dropped.get(0);
        ClientFailedException all = first.with(
                "all clients failed: dropped=" + dropped.size() + ", the first: " + first.getMessage(),
                first.attempts());
        List.of(first.getSuppressed()).forEach(all::addSuppressed);
        dropped.subList(1, dropped.size()).forEach(all::addSuppressed);
        return all;
    }

    /** Returns the client that failed. */
    public int clientId() {
        return clientId;
    }

    /** Returns the round in which it failed, from 0 as {@link ClientTrainer#round()}; the message counts from 1. */
    public int round() {
        return round;
    }
}
