package org.blazefl4j.cli.run;

import java.nio.file.Path;

/**
 * How a run is saved.
 *
 * @param folder where; null if it is not saved
 * @param every after how many rounds
 * @param keep how many files are kept
 * @param resume whether to go on from the latest one
 */
record CheckpointSettings(Path folder, int every, int keep, boolean resume) {}
