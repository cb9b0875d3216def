package org.blazefl4j.core;

/** Thrown if a round or a client ended early on request. */
public class StoppedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** The message says what was stopped and why. */
    public StoppedException(String message) {
        super(message);
    }
}
