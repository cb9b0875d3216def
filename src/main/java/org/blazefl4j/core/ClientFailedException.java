package org.blazefl4j.core;

/** A client did not return a result: its worker threw, died, froze or was killed. The cause says which. */
public class ClientFailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Where, in what LibTorch throws, the message ends and pages of its native stack begin. */
    private static final String NATIVE_STACK = "\nException raised from ";

    private final int clientId;
    private final int round;
    private final int worker;

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
}
