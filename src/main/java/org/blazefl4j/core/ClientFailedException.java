package org.blazefl4j.core;

import java.util.List;

/**
 * A client did not return a result: its worker threw, died, froze or was killed, or it ran over its time limit. Message
 * and cause say which.
 */
public class ClientFailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Where, in what LibTorch throws, the message ends and pages of its native stack begin. */
    private static final String NATIVE_STACK = "\nException raised from ";

    private final int clientId;
    private final int round;
    private final int worker;
    private final String reason;
    private final int attempts;

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
        super("client failed: client=" + clientId + ", round=" + round + ", worker=" + worker + ": " + reason, cause);
        this.clientId = clientId;
        this.round = round;
        this.worker = worker;
        this.reason = reason;
        this.attempts = 1;
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
        this(clientId, round, worker, reason(String.valueOf(cause)), cause);
    }

    private ClientFailedException(String message, ClientFailedException last, int attempts) {
        super(message, last.getCause());
        this.clientId = last.clientId;
        this.round = last.round;
        this.worker = last.worker;
        this.reason = last.reason;
        this.attempts = attempts;
    }

    /**
     * Describes the failure of a client that was trained several times: the last attempt's failure, with the number of
     * attempts in its message and the failures before it suppressed.
     *
     * @param attempts the attempts' failures in their order, one at least
     * @return the failure itself if there was one attempt only
     */
    public static ClientFailedException ofAttempts(List<ClientFailedException> attempts) {
        ClientFailedException last = attempts.get(attempts.size() - 1);
        if (attempts.size() == 1) {
            return last;
        }
        String message = "client failed: client=" + last.clientId + ", round=" + last.round + ", worker=" + last.worker
                + ", attempts=" + attempts.size() + ": " + last.reason;
        ClientFailedException all = new ClientFailedException(message, last, attempts.size());
        attempts.subList(0, attempts.size() - 1).forEach(all::addSuppressed);
        return all;
    }

    /**
     * Describes the failure of a round whose clients were all dropped: the first client's failure, with a message that
     * says so, and what that client's failure and the others' have suppressed.
     *
     * @param dropped the clients' failures, one at least
     */
    public static ClientFailedException ofWholeRound(List<ClientFailedException> dropped) {
        ClientFailedException first = dropped.get(0);
        String message =
                "no client of the round is left: dropped=" + dropped.size() + ", the first: " + first.getMessage();
        ClientFailedException all = new ClientFailedException(message, first, first.attempts);
        for (Throwable earlier : first.getSuppressed()) {
            all.addSuppressed(earlier);
        }
        dropped.subList(1, dropped.size()).forEach(all::addSuppressed);
        return all;
    }

    private static String reason(String text) {
        int end = text.indexOf(NATIVE_STACK);
        return end < 0 ? text : text.substring(0, end).stripTrailing();
    }

    /** The client that failed. */
    public int clientId() {
        return clientId;
    }

    /** The round in which it failed, from 0. */
    public int round() {
        return round;
    }

    /** The index of the worker that trained it. */
    public int worker() {
        return worker;
    }

    /** How often the client was trained in vain in this round, from 1. */
    public int attempts() {
        return attempts;
    }
}
