package org.blazefl4j.cli.bench;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.blazefl4j.lab.CaseResult;

/**
 * The results of a measurement, from which every output format is made.
 *
 * @param started the start time in ISO 8601
 * @param stopped whether it was stopped before all cases were measured
 * @param machine properties of the machine, by name
 * @param settings the settings, by option name
 * @param warnings problems that distort the figures
 * @param results the cases in the order in which they were measured
 */
record BenchReport(
        String started,
        boolean stopped,
        Map<String, Object> machine,
        Map<String, Object> settings,
        List<String> warnings,
        List<CaseResult> results) {

    /** Returns a table of rounds and a table of phases for each kind of round and model, for the terminal. */
    String toText() {
        StringBuilder text = new StringBuilder();
        for (List<CaseResult> ofWork : Groups.byWork(results)) {
            text.append(String.format(
                    Locale.ROOT,
                    "%n%s (ms; eff: bare loop / round, 1 is best)%n%s%n  where the time goes (mean, ms)%n%s",
                    Groups.workOf(ofWork.get(0)),
                    BenchTable.rounds(ofWork).toText(),
                    BenchTable.phases(ofWork).toText()));
        }
        return text.toString();
    }
}
