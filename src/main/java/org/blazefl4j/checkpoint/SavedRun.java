package org.blazefl4j.checkpoint;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.blazefl4j.torch.NumericEnvironment;

/**
 * An intact checkpoint.
 *
 * @param file the file
 * @param round the number of completed rounds
 * @param createdBy the version of the library that wrote it
 * @param configuration of the run, as text
 * @param environment the numeric environment of the run, as text
 * @param skipped one line for each later, damaged file, with its name and the damage
 */
public record SavedRun(
        Path file,
        int round,
        String createdBy,
        Map<String, String> configuration,
        Map<String, String> environment,
        List<String> skipped) {

    /** Returns one line for each difference from another numeric environment; empty if results have the same bits. */
    public List<String> environmentDifferences(NumericEnvironment current) {
        return Changes.between(Changes.text(current.toMap()), environment);
    }
}
