/**
 * Worker processes: the pool, its supervision, the job board, and the main of worker processes. Internal.
 *
 * <p>A round, from the top:
 *
 * <ol>
 *   <li>{@code ProcessPool.begin} puts a {@code RoundMessage}, whose tensors are copied once, into the board's round
 *       area.
 *   <li>{@code PoolRound} gives each job a slot and puts a {@code JobHeader} and the configuration into a lane: the
 *       lane is READY.
 *   <li>A {@code Worker} claims the lane, decodes the round's message if it is a new round, trains the client in views
 *       of the slot, puts the result, and commits: DONE, or FAILED with a {@code RemoteError}.
 *   <li>{@code PoolRound} decodes results in list order into tensors on the slots, which are free again when those
 *       tensors are gone ({@code SlotPool}).
 *   <li>The {@code Supervisor} sees to it that each worker lives; the lanes of a lost one become LOST.
 * </ol>
 *
 * <p>The protocol of lanes is in {@code native/include/bfl_board.h}; what messages look like is in {@code Outbox} and
 * {@code Inbox}. Nothing here may depend on {@code trainer}. What trains one client is in {@code worker}, what starts a
 * process in {@code process.launch}.
 */
package org.blazefl4j.process;
