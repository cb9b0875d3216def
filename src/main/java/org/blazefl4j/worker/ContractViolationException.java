package org.blazefl4j.worker;

import org.jspecify.annotations.Nullable;

/**
 * A client broke a rule that results depend on: it wrote to shared data, changed a setting or drew from the shared
 * generator. Not retried, because clients after it may compute other bits. Also: CUDA works in this process no more.
 */
final class ContractViolationException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    /** Describes a violation, and what the client threw nevertheless. */
    ContractViolationException(String message, @Nullable Throwable thrown) {
        super(message, thrown);
    }
}
