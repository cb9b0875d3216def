package org.blazefl4j.core;

import java.util.concurrent.atomic.AtomicBoolean;

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
        AtomicBoolean flag = new AtomicBoolean();
        return new StopEvent() {
            @Override
            public void set() {
                flag.set(true);
            }

            @Override
            public void clear() {
                flag.set(false);
            }

            @Override
            public boolean isSet() {
                return flag.get();
            }
        };
    }
}
