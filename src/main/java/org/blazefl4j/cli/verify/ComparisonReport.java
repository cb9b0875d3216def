package org.blazefl4j.cli.verify;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.blazefl4j.cli.verify.RunComparison.Difference;
import org.blazefl4j.util.Printable;
import org.jspecify.annotations.Nullable;

/** Formats a comparison for people. */
public final class ComparisonReport {

    private final RunComparison comparison;
    private final StringBuilder text = new StringBuilder();

    private ComparisonReport(RunComparison comparison) {
        this.comparison = comparison;
    }

    public static String of(RunComparison comparison) {
        ComparisonReport report = new ComparisonReport(comparison);
        report.addVerdict();
        report.addConditions();
        return report.text.toString();
    }

    private void addVerdict() {
        int rounds = comparison.identicalRounds();
        int begin = comparison.firstRound();
        String range = comparison.first().range();
        List<Difference> differences = comparison.firstDifferences();
        if (!differences.isEmpty()) {
            add("different: round=" + (begin + rounds) + ", identical before=" + rounds);
            addAll(differences);
        } else if (comparison.isOneShorter()) {
            String where = begin == 1
                    ? "up to round " + rounds + ", where one run ends"
                    : "from round " + begin + " to " + (begin + rounds - 1) + ", which both runs have";
            add("identical " + where + ": rounds=" + range + " against "
                    + comparison.second().range());
        } else {
            add("identical: rounds=" + range);
        }
    }

    private void addConditions() {
        List<RecordedRun> unrecorded = Stream.of(comparison.first(), comparison.second())
                .filter(run -> run.configuration().isEmpty())
                .toList();
        unrecorded.forEach(run -> add("conditions not recorded: file=" + run.file()));
        if (unrecorded.isEmpty()) {
            addChanges(comparison.first());
            addChanges(comparison.second());
            addRecordedConditions();
        }
    }

    private void addChanges(RecordedRun run) {
        for (RecordedRun.Resumption resumption : run.resumptions()) {
            List<Difference> changes = RunComparison.changes(run, resumption);
            if (!changes.isEmpty()) {
                add("conditions that changed when a run was resumed: file=" + run.file() + ", after round="
                        + Printable.line(resumption.completedRounds()));
                addAll(changes);
            }
        }
    }

    private void addRecordedConditions() {
        List<Difference> conditions = comparison.conditions();
        if (!conditions.isEmpty()) {
            add("conditions that differ and may change results");
            addAll(conditions);
        } else if (!comparison.firstDifferences().isEmpty()) {
            add("no recorded condition that may change results differs: check what is not recorded, such as "
                    + (comparison.isDataRecorded() ? "" : "the content of data files and ") + "your own code");
        }
        if (!comparison.harmless().isEmpty()) {
            add("conditions that differ and never change results");
            addAll(comparison.harmless());
        }
    }

    private void addAll(List<Difference> differences) {
        for (Difference difference : differences) {
            add(String.format(
                    Locale.ROOT,
                    "  %-18s %s against %s",
                    Printable.line(difference.name()),
                    value(difference.first()),
                    value(difference.second())));
        }
    }

    /** Returns a value as printable text, because files may contain anything. */
    private static String value(@Nullable Object value) {
        return value == null ? "none" : Printable.line(value);
    }

    private void add(String line) {
        text.append(line).append(System.lineSeparator());
    }
}
