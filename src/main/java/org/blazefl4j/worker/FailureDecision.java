package org.blazefl4j.worker;

/** The decision after an attempt to train a client failed. */
public enum FailureDecision {
    /** Train the client again. */
    RETRY,
    /** Continue the round without the client. */
    DROP,
    /** End the round. */
    END
}
