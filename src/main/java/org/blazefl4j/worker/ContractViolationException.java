package org.blazefl4j.worker;

import org.blazefl4j.core.RemoteWorkerException;

/**
 * A client broke a rule on which all results rest: it wrote to what all clients read, or drew from the generator that
 * they share. It cannot be made good: who is trained after it, this client again or another, may compute other bits.
 */
public final class ContractViolationException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    /**
     * Says which.
     *
     * @param thrown what the client threw besides; null if nothing
     */
    ContractViolationException(String message, Throwable thrown) {
        super(message, thrown);
    }

    /** Whether a client's failure is one, here or in a worker process. */
    public static boolean is(Throwable failure) {
        return failure instanceof ContractViolationException
                || failure instanceof RemoteWorkerException remote
                        && remote.className().equals(ContractViolationException.class.getName());
    }
}
