package org.blazefl4j.cli.verify;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.cli.run.RunCheckpoints;
import org.blazefl4j.cli.run.RunEngines;
import org.blazefl4j.torch.NumericEnvironment;
import org.jspecify.annotations.Nullable;

/**
 * Where two runs start to differ, and the conditions that differ between them.
 *
 * @param firstRound the first round that both runs have, from 1
 * @param identicalRounds the number of identical rounds from that round on
 * @param firstDifferences the differences in the first round that differs; empty if there is none
 */
public record RunComparison(
        RecordedRun first, RecordedRun second, int firstRound, int identicalRounds, List<Difference> firstDifferences) {

    /**
     * A value that differs between two runs.
     *
     * @param name its name in result files
     * @param first the value of the first run, if it has one
     * @param second the value of the second run, if it has one
     */
    record Difference(
            String name, @Nullable Object first, @Nullable Object second) {

        /** Returns the values that differ between two maps, in the order of the first, then of the second map. */
        static List<Difference> between(Map<String, Object> first, Map<String, Object> second) {
            Set<String> names = new LinkedHashSet<>(first.keySet());
            names.addAll(second.keySet());
            List<Difference> differences = new ArrayList<>();
            for (String name : names) {
                if (!Objects.equals(first.get(name), second.get(name))) {
                    differences.add(new Difference(name, first.get(name), second.get(name)));
                }
            }
            return differences;
        }

        /**
         * Returns whether results differ. Neither times nor retries, which give the same result, count as results;
         * files of earlier versions do not record how many results were not finite, and not all rounds are evaluated.
         */
        private boolean isOfResults() {
            boolean unrecorded = UNRECORDED.contains(name) && (first == null || second == null);
            return !name.endsWith("_seconds") && !name.equals("retries") && !unrecorded;
        }
    }

    /**
     * Conditions that never change results. The settings for failed clients are not among them, because dropping a
     * client changes the result.
     */
    private static final Set<String> HARMLESS = Set.of(
            "global_round",
            "stop_at",
            "patience",
            "max_time",
            "max_upload",
            "stop_on_divergence",
            "evaluate_every",
            "execution_mode",
            "num_parallels",
            "initial_model", // the hash of its content tells
            "model_file",
            "started",
            "os",
            "cores");

    /** What one of two files may lack. */
    private static final Set<String> UNRECORDED = Set.of("non_finite", "accuracy", "loss");

    /** The behaviour of earlier versions, which lack these options. */
    private static final Map<String, Object> EARLIER_DEFAULTS = Map.of(
            "last_batch",
            "keep",
            "on_non_finite",
            "warn",
            RunEngines.OPTION,
            RunEngines.EARLIER,
            RunEngines.USED,
            RunEngines.EARLIER);

    /**
     * Compares the rounds that both runs have.
     *
     * @throws UsageException if they have no round in common
     */
    public static RunComparison of(RecordedRun first, RecordedRun second) {
        int begin = Math.max(first.firstRound(), second.firstRound());
        int last = Math.min(first.lastRound(), second.lastRound());
        if (begin > last) {
            throw new UsageException("no round to compare: rounds=" + first.range() + " against " + second.range()
                    + ", expected=a common round; choose files with the same rounds");
        }
        List<Difference> differences = List.of();
        int round = begin;
        while (differences.isEmpty() && round <= last) {
            differences = Difference.between(first.round(round), second.round(round)).stream()
                    .filter(Difference::isOfResults)
                    .toList();
            round += differences.isEmpty() ? 1 : 0;
        }
        return new RunComparison(first, second, begin, round - begin, differences);
    }

    /** Returns the recorded conditions that differ and may change results. */
    public List<Difference> conditions() {
        return differences(first.configuration(), second.configuration(), false);
    }

    /** Returns the recorded conditions that differ but never change results. */
    List<Difference> harmless() {
        return differences(first.configuration(), second.configuration(), true);
    }

    /** Returns the conditions that may change results and changed when a run was resumed. */
    static List<Difference> changes(RecordedRun run, RecordedRun.Resumption resumption) {
        return differences(run.configuration(), resumption.configuration(), false);
    }

    private static List<Difference> differences(
            Map<String, Object> before, Map<String, Object> after, boolean harmless) {
        Set<String> never = new HashSet<>(HARMLESS);
        if (isDataRecorded(before, after)) {
            never.add("data_dir"); // since its hash is compared
        }
        Map<String, Object> first = flat(before);
        Map<String, Object> second = flat(after);
        if (Objects.equals(first.get(RunEngines.USED), second.get(RunEngines.USED))) {
            never.add(RunEngines.OPTION);
        }
        return Difference.between(first, second).stream()
                .filter(difference -> never.contains(difference.name()) == harmless)
                .toList();
    }

    /** Returns whether both runs recorded the SHA-256 of their data. */
    boolean isDataRecorded() {
        return isDataRecorded(first.configuration(), second.configuration());
    }

    private static boolean isDataRecorded(Map<String, Object> before, Map<String, Object> after) {
        return before.containsKey(RunCheckpoints.DATA) && after.containsKey(RunCheckpoints.DATA);
    }

    /** Puts the values of the environment beside the options; their names differ. */
    private static Map<String, Object> flat(Map<String, Object> configuration) {
        Map<String, Object> flat = new LinkedHashMap<>(EARLIER_DEFAULTS);
        flat.putAll(NumericEnvironment.EARLIER_DEFAULTS);
        configuration.forEach((name, value) -> {
            if (value instanceof Map<?, ?> parts) {
                parts.forEach((part, content) -> flat.put((String) part, content));
            } else {
                flat.put(name, value);
            }
        });
        return flat;
    }

    /** Returns whether the common rounds are identical, but one run has others as well. */
    boolean isOneShorter() {
        return firstDifferences.isEmpty() && !first.range().equals(second.range());
    }

    /** Returns the exit code of the process. */
    public int exitCode() {
        if (!firstDifferences.isEmpty()) {
            return ExitCode.FAILED;
        }
        return isOneShorter() ? ExitCode.SHORTER : ExitCode.OK;
    }
}
