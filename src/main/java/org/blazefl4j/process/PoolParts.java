package org.blazefl4j.process;

import java.time.Duration;

/**
 * The parts of a pool that rounds use.
 *
 * @param board the job board
 * @param channel the messages on the board
 * @param slots the memory for results
 * @param devices the memory for results on devices
 * @param states the memory for clients' states
 * @param supervisor the supervisor of the workers
 * @param grace the time that workers have to end when told to
 */
record PoolParts(
        Board board,
        BoardChannel channel,
        SlotPool slots,
        PoolDevices devices,
        StateSegments states,
        Supervisor supervisor,
        Duration grace) {}
