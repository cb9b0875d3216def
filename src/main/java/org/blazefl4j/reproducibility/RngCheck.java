package org.blazefl4j.reproducibility;

/**
 * What happens when a client drew from LibTorch's default generator, which makes results depend on the execution mode.
 */
public enum RngCheck {
    /** The client fails. */
    FAIL,
    /** A warning is logged, once per worker. */
    WARN
}
