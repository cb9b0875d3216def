package org.blazefl4j.cli.bench;

import java.util.List;
import java.util.Locale;
import org.blazefl4j.lab.CaseResult;

/** Formats a report for the terminal. */
public final class BenchText {

    private BenchText() {}

    /** Returns a table of rounds and a table of phases for each kind of round and model. */
    public static String of(BenchReport report) {
        StringBuilder text = new StringBuilder();
        for (List<CaseResult> results : Groups.byWork(report.results())) {
            text.append(String.format(
                    Locale.ROOT,
                    "%n%s (ms; eff: bare loop / round, 1 is best)%n%s",
                    Groups.workOf(results.get(0)),
                    BenchTable.rounds(results).toText()));
            text.append(String.format(
                    Locale.ROOT,
                    "%n  where the time goes (mean, ms)%n%s",
                    BenchTable.phases(results).toText()));
        }
        return text.toString();
    }
}
