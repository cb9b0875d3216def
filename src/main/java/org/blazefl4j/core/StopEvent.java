package org.blazefl4j.core;

/**
 * A flag that requests an early, orderly end. Thread-safe. Worker processes read it in shared memory, so they see it at
 * once.
 */
public interface StopEvent {

    /** Requests the end. */
    void set();

    /** Withdraws the request. */
    void clear();

    /** Returns whether the end was requested. */
    boolean isSet();

    /**
     * Ends the calling client early if requested.
     *
     * @throws StoppedException if the end was requested
     */
    default void throwIfSet() {
        if (isSet()) {
            throw new StoppedException("stopped: the stop event is set");
        }
    }

    /** Returns a new event within this process, not set. */
    static StopEvent create() {
        return new LocalStopEvent();
    }
}
