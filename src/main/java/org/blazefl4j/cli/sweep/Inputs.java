package org.blazefl4j.cli.sweep;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.blazefl4j.cli.run.RunCheckpoints;
import org.blazefl4j.util.Printable;

/**
 * What the complete runs of a study read. Experiment files name files by path: only the hashes in the results tell
 * whether a file was replaced between two runs.
 */
final class Inputs {

    /** The keys that say what was read, by the name of its hash in result files. */
    private static final Map<String, String> KEYS = Map.of(
            RunCheckpoints.DATA,
            "dataset|data-dir|data-file|test-file|test-share|label-column|client-column|category-columns"
                    + "|ignore-columns|pixels",
            "model_file_sha256",
            "model-file",
            "initial_model_sha256",
            "initial-model",
            "class_shares_sha256",
            "class-shares",
            "trace_sha256",
            "sampler");

    private record Seen(String hash, String title) {}

    private final Map<String, Seen> seen = new HashMap<>();

    /**
     * Adds a complete run, unless what it read differs from what a run before it read from the same places.
     *
     * @return why the run does not belong to the others; empty if it was added
     */
    Optional<String> add(PlannedRun run, RunFiles files) {
        Map<String, Object> recorded = RunSummary.configuration(files.folder());
        Map<String, Seen> read = new LinkedHashMap<>();
        for (Map.Entry<String, String> each : KEYS.entrySet()) {
            if (!(recorded.get(each.getKey()) instanceof String hash)) {
                continue; // not used
            }
            String input = each.getKey() + files.settings(each.getValue());
            Seen before = seen.get(input);
            if (before != null && !before.hash.equals(hash)) {
                return Optional.of(
                        "files changed between runs: " + each.getKey() + "=" + Printable.line(hash)
                                + ", expected=" + before.hash + ", as of the run " + before.title
                                + "; restore the files and delete the folder of the run that read others, or use a new --output");
            }
            read.put(input, new Seen(Printable.line(hash), run.title()));
        }
        read.forEach(seen::putIfAbsent);
        return Optional.empty();
    }
}
