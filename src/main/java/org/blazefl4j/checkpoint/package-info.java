/**
 * Checkpoints: files from which an interrupted run resumes with the same bits.
 *
 * <p>What is saved decides itself, as a {@link org.blazefl4j.core.Checkpointable}, what it needs; nothing here depends
 * on a trainer, an algorithm or the command line.
 */
@NullMarked
package org.blazefl4j.checkpoint;

import org.jspecify.annotations.NullMarked;
