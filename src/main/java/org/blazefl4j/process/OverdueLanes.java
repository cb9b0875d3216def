package org.blazefl4j.process;

import java.time.Duration;
import java.util.function.IntConsumer;

/**
 * Finds workers whose client goes on after its time limit and the grace time: of each lane it remembers since when it
 * has seen it claimed. Used by the supervisor's thread.
 */
final class OverdueLanes {

    private final Board board;
    private final long patienceNanos;
    private final long[] words;
    private final long[] since;

    /**
     * Nothing seen yet.
     *
     * @param patience how long a client may train, the grace time included
     */
    OverdueLanes(Board board, Duration patience) {
        this.board = board;
        this.patienceNanos = patience.toNanos();
        this.words = new long[board.lanes()];
        this.since = new long[board.lanes()];
    }

    /** Looks at all lanes. */
    void look(IntConsumer overdueWorker) {
        long now = System.nanoTime();
        for (int lane = 0; lane < words.length; lane++) {
            long word = board.word(lane);
            if (word != words[lane]) {
                words[lane] = word;
                since[lane] = now;
            } else if (Board.state(word) == Board.CLAIMED && now - since[lane] > patienceNanos) {
                overdueWorker.accept(Board.worker(word));
            }
        }
    }
}
