package org.blazefl4j.worker;

/**
 * A client broke a rule that results depend on: it wrote to shared data, changed a setting or drew from the shared
 * generator. Not retried, because clients after it may compute other bits.
 */
final class ContractViolationException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    /**
     * Describes the violation.
     *
     * @param thrown the client's exception, or null
     */
    ContractViolationException(String message, Throwable thrown) {
        super(message, thrown);
    }
}
