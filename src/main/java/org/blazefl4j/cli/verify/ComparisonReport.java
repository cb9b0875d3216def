package org.blazefl4j.cli.verify;

import java.util.List;
import java.util.Locale;
import org.blazefl4j.cli.verify.RunComparison.Difference;
import org.blazefl4j.util.Printable;
import org.jspecify.annotations.Nullable;

/** Formats a comparison for people. */
public final class ComparisonReport {

    private final StringBuilder text = new StringBuilder();

    private ComparisonReport() {}

    public static String of(RunComparison comparison) {
        ComparisonReport report = new ComparisonReport();
        report.add(verdict(comparison), comparison.firstDifferences());
        List<RecordedRun> runs = List.of(comparison.first(), comparison.second());
        if (runs.stream().noneMatch(run -> run.configuration().isEmpty())) {
            runs.forEach(report::addChanges);
            report.addConditions(comparison);
        }
        runs.stream()
                .filter(run -> run.configuration().isEmpty())
                .forEach(run -> report.add("conditions not recorded: file=" + run.file(), List.of()));
        return report.text.toString();
    }

    private static String verdict(RunComparison comparison) {
        int rounds = comparison.identicalRounds();
        int begin = comparison.firstRound();
        String range = comparison.first().range();
        if (!comparison.firstDifferences().isEmpty()) {
            return "different: round=" + (begin + rounds) + ", identical before=" + rounds;
        }
        if (!comparison.isOneShorter()) {
            return "identical: rounds=" + range;
        }
        String where = begin == 1
                ? "up to round " + rounds + ", where one run ends"
                : "from round " + begin + " to " + (begin + rounds - 1) + ", which both runs have";
        return "identical " + where + ": rounds=" + range + " against "
                + comparison.second().range();
    }

    private void addChanges(RecordedRun run) {
        for (RecordedRun.Resumption resumption : run.resumptions()) {
            addUnlessEmpty(
                    "conditions that changed when a run was resumed: file=" + run.file() + ", after round="
                            + Printable.line(resumption.completedRounds()),
                    RunComparison.changes(run, resumption));
        }
    }

    private void addConditions(RunComparison comparison) {
        List<Difference> conditions = comparison.conditions();
        addUnlessEmpty("conditions that differ and may change results", conditions);
        if (conditions.isEmpty() && !comparison.firstDifferences().isEmpty()) {
            String unrecorded = comparison.isDataRecorded() ? "" : "the content of data files and ";
            add(
                    "no recorded condition that may change results differs: check what is not recorded, such as "
                            + unrecorded + "your own code",
                    List.of());
        }
        addUnlessEmpty("conditions that differ and never change results", comparison.harmless());
    }

    private void addUnlessEmpty(String title, List<Difference> differences) {
        if (!differences.isEmpty()) {
            add(title, differences);
        }
    }

    private void add(String title, List<Difference> differences) {
        text.append(title).append(System.lineSeparator());
        for (Difference difference : differences) {
            text.append(String.format(
                    Locale.ROOT,
                    "  %-18s %s against %s%n",
                    Printable.line(difference.name()),
                    value(difference.first()),
                    value(difference.second())));
        }
    }

    /** Returns a value as printable text, because files may contain anything. */
    private static String value(@Nullable Object value) {
        return value == null ? "none" : Printable.line(value);
    }
}
