package org.blazefl4j.worker;

import org.blazefl4j.core.RemoteWorkerException;

/** A client returned NaN or an infinity where that is not allowed. */
public final class NonFiniteResultException extends ArithmeticException {

    private static final long serialVersionUID = 1L;

    /**
     * Says where.
     *
     * @param path of the tensor in the client's package
     */
    NonFiniteResultException(String path) {
        super("result is not finite: tensor=" + path + ", expected=no NaN and no infinity; a smaller learning rate"
                + " usually helps");
    }

    /** Whether a client's failure is one, here or in a worker process. */
    public static boolean is(Throwable failure) {
        return failure instanceof NonFiniteResultException
                || failure instanceof RemoteWorkerException remote
                        && remote.className().equals(NonFiniteResultException.class.getName());
    }
}
