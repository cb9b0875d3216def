package org.blazefl4j.process;

import org.blazefl4j.core.StopEvent;

/** The stop event in a worker process: set with the trainer's event, and when the round must end. */
final class BoardStopEvent implements StopEvent {

    private final Board board;

    BoardStopEvent(Board board) {
        this.board = board;
    }

    @Override
    public void set() {
        board.stop(Board.STOP_EVENT, true);
    }

    @Override
    public void clear() {
        board.stop(Board.STOP_EVENT, false);
    }

    @Override
    public boolean isSet() {
        return board.isStopped(Board.ANY_REASON);
    }
}
