package org.blazefl4j.benchmarks;

import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Writes what a run of the benchmarks measured as a page in Markdown. */
final class ResultsPage {

    private ResultsPage() {}

    /**
     * Returns the page.
     *
     * @param host properties of the machine: name and value, in the order of the page
     */
    static String text(LocalDate date, Map<String, String> host, List<Measurement> measured) {
        return "# Results of " + date + "\n\n"
                + "Medians [quartiles] of what was measured with `benchmarks/run`; all values are in the JSON file beside.\n\n"
                + "## Machine and versions\n\n" + hostTable(host)
                + "\n## Targets\n\n"
                + "The project's targets for two cores. *Met* says whether the median reaches the aim (`aim`), or what it must"
                + " reach at the least\n(`yes`); × is the ratio to the baseline of the same run.\n\n"
                + targetTable(measured)
                + "\n## All figures\n\n" + figureTable(measured);
    }

    private static MarkdownTable hostTable(Map<String, String> host) {
        MarkdownTable table = new MarkdownTable("", "");
        host.forEach(table::row);
        return table;
    }

    private static MarkdownTable targetTable(List<Measurement> measured) {
        Map<String, Measurement> byName =
                measured.stream().collect(Collectors.toMap(Measurement::name, Function.identity()));
        MarkdownTable table = new MarkdownTable("target", "at the least", "aim", "measured", "ratio", "met");
        for (Target target : Target.ALL) {
            Measurement found = byName.get(target.measurement());
            table.row(
                    target.what(),
                    target.least().text(target.unit()),
                    target.aim().text(target.unit()),
                    found == null ? "not measured" : value(found),
                    found == null ? "" : ratio(found),
                    found == null ? "" : target.verdict(found));
        }
        return table;
    }

    private static MarkdownTable figureTable(List<Measurement> measured) {
        MarkdownTable table = new MarkdownTable("benchmark", "measured", "baseline", "ratio", "n");
        for (Measurement one : measured) {
            String baseline = one.hasBaseline() ? one.baseline() + " " + Figures.text(one.baselines()) : "";
            table.row(one.name(), value(one), baseline, ratio(one), String.valueOf(one.values().length));
        }
        return table;
    }

    private static String value(Measurement measured) {
        return Figures.text(measured.values()) + " " + measured.unit();
    }

    private static String ratio(Measurement measured) {
        return measured.hasBaseline() ? Figures.text(measured.ratios()) : "";
    }
}
