package org.blazefl4j.checkpoint;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * An undamaged checkpoint.
 *
 * @param file where it is
 * @param round the number of completed rounds
 * @param createdBy the version of the library that wrote it
 * @param configuration that of the run, as text
 * @param environment the numeric environment of the run, as text
 * @param skipped one line per later file that was damaged, with its name and its fault
 */
public record SavedRun(
        Path file,
        int round,
        String createdBy,
        Map<String, String> configuration,
        Map<String, String> environment,
        List<String> skipped) {}
