package org.blazefl4j.reproducibility;

/** What to do if a client draws from LibTorch's default generator, which makes results depend on the execution mode. */
public enum RngCheck {
    /** Fail the client. */
    FAIL,
    /** Log a warning, once per worker. */
    WARN
}
