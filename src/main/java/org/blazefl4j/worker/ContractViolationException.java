package org.blazefl4j.worker;

import org.blazefl4j.core.RemoteWorkerException;

/**
 * A client broke a rule that results depend on: it wrote to shared data, changed a setting or drew from the shared
 * generator. Not retried, because clients after it may compute other bits.
 */
public final class ContractViolationException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    /**
     * Describes the violation.
     *
     * @param thrown the client's exception, or null
     */
    ContractViolationException(String message, Throwable thrown) {
        super(message, thrown);
    }

    /** Returns whether a client's failure is a violation, in this or a worker process. */
    public static boolean is(Throwable failure) {
        return failure instanceof ContractViolationException
                || failure instanceof RemoteWorkerException remote
                        && remote.className().equals(ContractViolationException.class.getName());
    }
}
