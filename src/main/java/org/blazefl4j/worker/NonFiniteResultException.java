package org.blazefl4j.worker;

import org.blazefl4j.core.RemoteWorkerException;

/** A client returned NaN or an infinity, which the trainer refuses. */
public final class NonFiniteResultException extends ArithmeticException {

    private static final long serialVersionUID = 1L;

    /**
     * Names the tensor.
     *
     * @param path the path of the tensor in the package
     */
    NonFiniteResultException(String path) {
        super("result is not finite: tensor=" + path + ", expected=no NaN and no infinity; a smaller learning rate"
                + " usually helps");
    }

    /** Returns whether a client's failure is a non-finite result, in this or a worker process. */
    public static boolean is(Throwable failure) {
        return failure instanceof NonFiniteResultException
                || failure instanceof RemoteWorkerException remote
                        && remote.className().equals(NonFiniteResultException.class.getName());
    }
}
