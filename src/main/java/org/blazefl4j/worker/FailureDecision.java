package org.blazefl4j.worker;

/** What becomes of a client after an attempt of it failed. */
public enum FailureDecision {
    /** It is trained again. */
    RETRY,
    /** The round goes on without it. */
    DROP,
    /** The round ends. */
    END
}
