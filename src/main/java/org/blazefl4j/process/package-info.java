/**
 * Worker processes: the pool, its supervision, the job board, and the main of worker processes. Internal.
 *
 * <p>A round, from the top:
 *
 * <ol>
 *   <li>{@code ProcessPool.begin} writes a {@code Message.Round} to the board's round area and copies its tensors once.
 *   <li>{@code DealtJobs} gives each job a slot and writes a {@code JobHeader} and the configuration to a lane, which
 *       is then READY.
 *   <li>A {@code Worker} claims the lane, decodes the round's message if the round is new, trains the client in views
 *       of the slot, writes the result and commits: DONE, or FAILED with a {@code Message.Failure}.
 *   <li>{@code PoolRound} decodes results, in list order or as they arrive, into tensors on the slots. A slot is free
 *       again when its tensors are gone ({@code SlotPool}).
 *   <li>The {@code Supervisor} replaces lost workers; their claimed lanes become LOST.
 * </ol>
 *
 * <p>Clients on CUDA devices have slots and payloads there, too, in memory of the pool's ({@code PoolDevices}), which
 * workers open by a {@code DeviceHandle} ({@code SegmentCache}).
 *
 * <p>{@code native/include/bfl_board.h} describes the protocol of lanes, {@code AreaLayout} the layout of messages.
 * Package {@code worker} trains a client, {@code process.launch} starts processes.
 */
@NullMarked
package org.blazefl4j.process;

import org.jspecify.annotations.NullMarked;
