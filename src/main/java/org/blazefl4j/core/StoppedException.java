package org.blazefl4j.core;

/** A round or a client ended before it was complete because someone asked for it. */
public class StoppedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * Ends a round or a client.
     *
     * @param message what was stopped and by what
     */
    public StoppedException(String message) {
        super(message);
    }
}
