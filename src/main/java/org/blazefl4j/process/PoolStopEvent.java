package org.blazefl4j.process;

import org.blazefl4j.core.StopEvent;
import org.blazefl4j.util.RefCounted;

/** The stop event of a trainer with a pool. While the pool is open, the event is on the job board for workers. */
public final class PoolStopEvent implements StopEvent {

    private boolean set;
    private Board board;
    private RefCounted users;

    /** Creates an event that is not set and has no pool. */
    public PoolStopEvent() {}

    synchronized void attach(Board poolBoard, RefCounted boardUsers) {
        board = poolBoard;
        users = boardUsers;
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
            users.leave();
        }
    }

    @Override
    public synchronized boolean isSet() {
        if (enter()) {
            set = board.isStopped(Board.STOP_EVENT);
            users.leave();
        }
        return set;
    }

    private boolean enter() {
        return users != null && users.enter();
    }
}
