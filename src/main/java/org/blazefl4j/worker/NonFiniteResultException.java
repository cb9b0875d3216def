package org.blazefl4j.worker;

/** A client returned NaN or an infinity, which the trainer refuses. */
final class NonFiniteResultException extends ArithmeticException {

    private static final long serialVersionUID = 1L;

    /** Names the tensor by its path in the package. */
    NonFiniteResultException(String path) {
        super("result is not finite: tensor=" + path + ", expected=no NaN and no infinity; a smaller learning rate"
                + " usually helps");
    }
}
