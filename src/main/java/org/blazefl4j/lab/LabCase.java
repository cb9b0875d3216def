package org.blazefl4j.lab;

import java.util.Objects;
import org.blazefl4j.trainer.ExecutionMode;

/**
 * Rounds of one kind, measured together.
 *
 * @param work what a round does
 * @param mode how its clients are run
 * @param workers the number of clients that run at a time; 1 in the single-threaded mode
 * @param clients the number of clients in a round
 */
public record LabCase(Work work, ExecutionMode mode, int workers, int clients) {

    /** Checks the values. */
    public LabCase {
        Objects.requireNonNull(work, "work");
        Objects.requireNonNull(mode, "mode");
        Work.require(workers > 0, "too few workers: workers=" + workers + ", limit=1");
        Work.require(
                workers == 1 || mode != ExecutionMode.SINGLE_THREADED,
                "too many workers: workers=" + workers + ", limit=1 for mode " + mode + "; choose another mode");
        Work.require(clients > 0, "too few clients: clients=" + clients + ", limit=1");
    }
}
