package org.blazefl4j.core;

/** A stop event within one process. */
final class LocalStopEvent implements StopEvent {

    private volatile boolean set;

    @Override
    public void set() {
        set = true;
    }

    @Override
    public void clear() {
        set = false;
    }

    @Override
    public boolean isSet() {
        return set;
    }
}
