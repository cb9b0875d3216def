package org.blazefl4j.lab;

import java.util.Objects;
import org.blazefl4j.trainer.ExecutionMode;

/**
 * Rounds that are measured by themselves; all checked when made.
 *
 * @param work what a round does
 * @param mode how its clients are run
 * @param workers how many of them at a time; 1 in the single-threaded mode
 * @param clients the number of clients in a round
 */
public record LabCase(Work work, ExecutionMode mode, int workers, int clients) {

    /** Checks the parts. */
    public LabCase {
        Objects.requireNonNull(work, "work");
        Objects.requireNonNull(mode, "mode");
        require(workers > 0, "too few workers: workers=" + workers + ", limit=1 or more");
        require(
                workers == 1 || mode != ExecutionMode.SINGLE_THREADED,
                "too many workers: workers=" + workers + ", limit=1 for " + mode + "; choose another mode");
        require(clients > 0, "too few clients: clients=" + clients + ", limit=1 or more");
    }

    private static void require(boolean good, String refusal) {
        if (!good) {
            throw new IllegalArgumentException(refusal);
        }
    }
}
