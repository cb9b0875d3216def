package org.blazefl4j.process;

import org.blazefl4j.core.StopEvent;
import org.blazefl4j.util.RefCounted;

/** The stop event of a trainer with a pool: while the pool is open it lives on the job board, where workers see it. */
public final class PoolStopEvent implements StopEvent {

    private boolean set;
    private Board board;
    private RefCounted tenancy;

    /** An event that is not set, of no pool yet. */
    public PoolStopEvent() {}

    synchronized void attach(Board poolBoard, RefCounted boardTenancy) {
        board = poolBoard;
        tenancy = boardTenancy;
        put(set);
    }

    @Override
    public void set() {
        put(true);
    }

    @Override
    public void clear() {
        put(false);
    }

    private synchronized void put(boolean value) {
        set = value;
        if (enter()) {
            board.stop(Board.STOP_EVENT, value);
            tenancy.leave();
        }
    }

    @Override
    public synchronized boolean isSet() {
        if (enter()) {
            set = board.isStopped(Board.STOP_EVENT);
            tenancy.leave();
        }
        return set;
    }

    private boolean enter() {
        return tenancy != null && tenancy.enter();
    }
}
