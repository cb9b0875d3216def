package org.blazefl4j.process;

import java.time.Duration;
import java.util.function.IntConsumer;

/**
 * Finds workers whose client runs longer than its time limit and the grace time. Remembers since when it has seen each
 * lane claimed. For the supervisor's thread.
 */
final class OverdueClients {

    private final Board board;
    private final long limitNanos;
    private final long[] words;
    private final long[] since;

    /**
     * Creates a check of all lanes of a board.
     *
     * @param limit the time limit of clients plus the grace time
     */
    OverdueClients(Board board, Duration limit) {
        this.board = board;
        this.limitNanos = limit.toNanos();
        this.words = new long[board.lanes()];
        this.since = new long[board.lanes()];
    }

    /** Checks all lanes. */
    void check(IntConsumer overdueWorker) {
        long now = System.nanoTime();
        for (int lane = 0; lane < words.length; lane++) {
            long word = board.word(lane);
            if (word != words[lane]) {
                words[lane] = word;
                since[lane] = now;
            } else if (Board.state(word) == Board.CLAIMED && now - since[lane] > limitNanos) {
                overdueWorker.accept(Board.worker(word));
            }
        }
    }
}
