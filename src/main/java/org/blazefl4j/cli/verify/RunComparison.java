package org.blazefl4j.cli.verify;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.cli.run.RunCheckpoints;

/** Where two runs part, and what was not the same for both from the beginning. */
public final class RunComparison {

    /**
     * What changes how or when something is computed, or how much of it, but never what. The settings for clients that
     * fail are not among them: a round without a dropped client has another result.
     */
    private static final Set<String> NEVER_MATTER =
            Set.of("global_round", "execution_mode", "num_parallels", "started", "os", "cores");

    /** What options did before they were there, so that files of earlier versions lack them. */
    private static final Map<String, Object> BEFORE_RECORDED = Map.of("last_batch", "keep", "on_non_finite", "warn");

    private final RecordedRun first;
    private final RecordedRun second;
    private final int begin;
    private final int shared;
    private final int identical;

    /**
     * Compares the rounds that both runs have.
     *
     * @throws UsageException if they have none in common
     */
    public RunComparison(RecordedRun first, RecordedRun second) {
        this.first = first;
        this.second = second;
        this.begin = Math.max(first.firstRound(), second.firstRound());
        this.shared = Math.min(first.lastRound(), second.lastRound()) - begin + 1;
        if (shared <= 0) {
            throw new UsageException("no round to compare: rounds=" + first.range() + " against " + second.range()
                    + ", limit=one that both have; name files with the same rounds");
        }
        this.identical = countIdentical();
    }

    private int countIdentical() {
        int round = 0;
        while (round < shared && inRound(round).isEmpty()) {
            round++;
        }
        return round;
    }

    private List<Difference> inRound(int index) {
        int round = begin + index;
        return Difference.between(first.round(round), second.round(round)).stream()
                .filter(difference -> isResult(difference.name()) && !isUnrecorded(difference))
                .toList();
    }

    /** A client that is trained again gives the same result, so the number of retries is as little one as a time is. */
    private static boolean isResult(String name) {
        return !name.endsWith("_seconds") && !name.equals("retries");
    }

    /** Files of earlier versions do not say how many results were not finite. */
    private static boolean isUnrecorded(Difference difference) {
        return difference.name().equals("non_finite") && (difference.first() == null || difference.second() == null);
    }

    RecordedRun first() {
        return first;
    }

    RecordedRun second() {
        return second;
    }

    /** The first round that both have, from 1. */
    int firstRound() {
        return begin;
    }

    /** How many rounds from that one on are identical. */
    int identicalRounds() {
        return identical;
    }

    /** What differs in the round after the identical ones; empty if no round differs. */
    List<Difference> parting() {
        return identical < shared ? inRound(identical) : List.of();
    }

    /** The recorded conditions that differ and may change results. */
    public List<Difference> conditions() {
        return differences(first.configuration(), second.configuration(), false);
    }

    /** The recorded conditions that differ and never change results. */
    List<Difference> harmless() {
        return differences(first.configuration(), second.configuration(), true);
    }

    /** The conditions of one run that may change results and were others when it went on than in the beginning. */
    static List<Difference> changes(RecordedRun run, RecordedRun.Resumption resumption) {
        return differences(run.configuration(), resumption.configuration(), false);
    }

    private static List<Difference> differences(
            Map<String, Object> before, Map<String, Object> after, boolean harmless) {
        boolean dataRecorded = isDataRecorded(before) && isDataRecorded(after);
        return Difference.between(flat(before), flat(after)).stream()
                .filter(difference -> neverMatters(difference.name(), dataRecorded) == harmless)
                .toList();
    }

    /** Where the data lay says nothing beside what it was. */
    private static boolean neverMatters(String name, boolean dataRecorded) {
        return NEVER_MATTER.contains(name) || dataRecorded && name.equals("data_dir");
    }

    /** Whether both runs recorded the SHA-256 of their data. */
    boolean isDataRecorded() {
        return isDataRecorded(first.configuration()) && isDataRecorded(second.configuration());
    }

    private static boolean isDataRecorded(Map<String, Object> configuration) {
        return configuration.containsKey(RunCheckpoints.DATA);
    }

    /** The parts of the environment beside the options: no name is both. */
    private static Map<String, Object> flat(Map<String, Object> configuration) {
        Map<String, Object> flat = new LinkedHashMap<>(BEFORE_RECORDED);
        configuration.forEach((name, value) -> {
            if (value instanceof Map<?, ?> parts) {
                parts.forEach((part, content) -> flat.put((String) part, content));
            } else {
                flat.put(name, value);
            }
        });
        return flat;
    }

    /** Whether one run has rounds that the other has not, and those that both have are the same. */
    boolean isOneShorter() {
        return identical == shared && !first.range().equals(second.range());
    }

    /** What the process ends with. */
    public int exitCode() {
        if (identical < shared) {
            return ExitCode.FAILED;
        }
        return isOneShorter() ? ExitCode.SHORTER : ExitCode.OK;
    }
}
