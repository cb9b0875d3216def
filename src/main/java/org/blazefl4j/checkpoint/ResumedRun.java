package org.blazefl4j.checkpoint;

import java.nio.file.Path;
import java.util.List;

/**
 * What a run was resumed from.
 *
 * @param file the checkpoint
 * @param round the number of completed rounds
 * @param environmentDifferences one line per part of the numeric environment that is another now, so that the bits may
 *     be too; empty if results are comparable bit by bit
 * @param skipped one line per later file that was damaged, with its name and its fault
 */
public record ResumedRun(Path file, int round, List<String> environmentDifferences, List<String> skipped) {}
