package org.blazefl4j.process;

import org.blazefl4j.core.StopEvent;
import org.blazefl4j.util.RefCounted;
import org.jspecify.annotations.Nullable;

/** The stop event of a trainer with a pool. While the pool is open, the event is on the job board for workers. */
public final class PoolStopEvent implements StopEvent {

    private boolean set;
    private @Nullable Pool pool;

    private record Pool(Board board, RefCounted users) {}

    /** Creates an event that is not set and has no pool. */
    public PoolStopEvent() {}

    synchronized void attach(Board board, RefCounted users) {
        pool = new Pool(board, users);
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
        if (pool != null && pool.users.enter()) {
            pool.board.stop(Board.STOP_EVENT, value);
            pool.users.leave();
        }
    }

    @Override
    public synchronized boolean isSet() {
        if (pool != null && pool.users.enter()) {
            set = pool.board.isStopped(Board.STOP_EVENT);
            pool.users.leave();
        }
        return set;
    }
}
