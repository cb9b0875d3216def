/**
 * Checkpoints: files from which an interrupted run goes on with the same bits.
 *
 * <p>What is saved says itself, as a {@link org.blazefl4j.core.Checkpointable}, what has to be kept; nothing here may
 * depend on a trainer, an algorithm or the command line.
 */
package org.blazefl4j.checkpoint;
