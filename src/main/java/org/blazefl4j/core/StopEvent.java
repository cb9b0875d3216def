package org.blazefl4j.core;

/**
 * A flag that asks for an early, orderly end. Thread-safe.
 *
 * <p>In worker processes the flag lives in shared memory, so a worker sees it at once.
 */
public interface StopEvent {

    /** Asks for the end. */
    void set();

    /** Takes the request back. */
    void clear();

    /** Whether the end was asked for. */
    boolean isSet();

    /**
     * Ends the calling client early.
     *
     * @throws StoppedException if the end was asked for
     */
    default void throwIfSet() {
        if (isSet()) {
            throw new StoppedException("stopped: the stop event is set");
        }
    }

    /** A new event within this process, not set. */
    static StopEvent create() {
        return new LocalStopEvent();
    }
}
