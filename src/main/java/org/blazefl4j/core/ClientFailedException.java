package org.blazefl4j.core;

import java.util.List;

/**
 * A client did not return a result: its worker threw, died, froze or was killed, or it ran over its time limit. Message
 * and cause say which.
 */
public class ClientFailedException extends WorkFailedException {

    private static final long serialVersionUID = 1L;

    private final int clientId;
    private final int round;

    /**
     * Describes the failure of one client.
     *
     * @param clientId the client
     * @param round the round, from 0
     * @param worker the worker's index
     * @param reason what happened
     * @param cause the worker's own exception, with its stack trace; null if there is none
     */
    public ClientFailedException(int clientId, int round, int worker, String reason, Throwable cause) {
        super("client failed: client=" + clientId + ", round=" + (round + 1), worker, reason, cause);
        this.clientId = clientId;
        this.round = round;
    }

    /**
     * Describes the failure of one client by what it threw. LibTorch's native stack is left to the cause.
     *
     * @param clientId the client
     * @param round the round, from 0
     * @param worker the worker's index
     * @param cause the worker's own exception, with its stack trace
     */
    public ClientFailedException(int clientId, int round, int worker, Throwable cause) {
        this(clientId, round, worker, reason(cause), cause);
    }

    private ClientFailedException(String message, ClientFailedException last, int attempts) {
        super(message, last, attempts);
        this.clientId = last.clientId;
        this.round = last.round;
    }

    @Override
    ClientFailedException again(String message, int attempts) {
        return new ClientFailedException(message, this, attempts);
    }

    /**
     * Describes the failure of a round whose clients were all dropped: the first client's failure, with a message that
     * says so, and what that client's failure and the others' have suppressed.
     *
     * @param dropped the clients' failures, one at least
     */
    public static ClientFailedException ofWholeRound(List<ClientFailedException> dropped) {
        ClientFailedException first = dropped.get(0);
        ClientFailedException all = first.again(
                "no client of the round is left: dropped=" + dropped.size() + ", the first: " + first.getMessage(),
                first.attempts());
        for (Throwable earlier : first.getSuppressed()) {
            all.addSuppressed(earlier);
        }
        dropped.subList(1, dropped.size()).forEach(all::addSuppressed);
        return all;
    }

    /** The client that failed. */
    public int clientId() {
        return clientId;
    }

    /** The round in which it failed: from 0, as {@link ClientTrainer#round()}, one less than the message says. */
    public int round() {
        return round;
    }
}
