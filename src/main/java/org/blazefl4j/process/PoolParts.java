package org.blazefl4j.process;

import java.time.Duration;

/**
 * What a round uses of its pool.
 *
 * @param board the lanes of its jobs
 * @param channel all messages on the board
 * @param slots where results lie
 * @param states where clients' states lie
 * @param supervisor the workers
 * @param grace how long workers may take to end when told
 */
record PoolParts(
        Board board,
        BoardChannel channel,
        SlotPool slots,
        StateSegments states,
        Supervisor supervisor,
        Duration grace) {}
