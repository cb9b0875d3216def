package org.blazefl4j.process;

import org.blazefl4j.core.RemoteWorkerException;

/** A client wrote to what all clients read: whoever is trained after it, this client again or another, is wronged. */
public final class PayloadWrittenException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    PayloadWrittenException(ClientJob job, Throwable thrown) {
        super(
                "payload was written to: client=" + job.clientId() + ", round=" + job.round()
                        + ", limit=read only, and shared by all clients; copy what is changed, or look at clients that"
                        + " ran at the same time",
                thrown);
    }

    /** Whether a client's failure is one, here or in a worker process. */
    public static boolean is(Throwable failure) {
        return failure instanceof PayloadWrittenException
                || failure instanceof RemoteWorkerException remote
                        && remote.className().equals(PayloadWrittenException.class.getName());
    }
}
