package org.blazefl4j.cli.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.blazefl4j.cli.console.Version;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.lab.CaseResult;
import org.blazefl4j.lab.Latencies;
import org.blazefl4j.report.Axis;
import org.blazefl4j.report.Chart;
import org.blazefl4j.report.Page;
import org.blazefl4j.report.Part;
import org.blazefl4j.report.Series;
import org.blazefl4j.report.Table;
import org.blazefl4j.report.Text;

/** Turns a report into a page with charts and tables. */
final class BenchPage {

    private BenchPage() {}

    /**
     * Returns the page.
     *
     * @param source the report's data, which the page includes
     */
    static Page of(BenchReport report, Map<String, ?> source) {
        Page page = new Page("BlazeFL4J bench", lead(report)).source(source);
        page.add(
                "Warnings",
                report.warnings().stream()
                        .map(warning -> new Text(warning, true))
                        .toList());
        Groups.byWork(report.results()).forEach(each -> page.add(capital(Groups.workOf(each.get(0))), work(each)));
        return page.add(
                "Machine and settings",
                List.of(Table.ofNamed("Machine", report.machine()), Table.ofNamed("Settings", report.settings())));
    }

    private static List<String> lead(BenchReport report) {
        return List.of(
                "Rounds of federated learning on this machine, measured with BlazeFL4J " + Version.blazefl4j() + " on "
                        + report.started()
                        + (report.stopped() ? ", stopped before all cases were measured." : "."),
                "After each round a bare loop did the same work without a framework. The efficiency is the bare loop's"
                        + " time divided by the round's, not counting sampling and evaluation, which the bare loop does"
                        + " not do. 1 means that the framework costs nothing.");
    }

    private static String capital(String text) {
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }

    private static List<Part> work(List<CaseResult> results) {
        List<Part> parts = new ArrayList<>();
        Collection<List<CaseResult>> byClients =
                Groups.by(results, result -> result.which().clients());
        for (List<CaseResult> each : byClients) {
            String clients = Groups.count(each.get(0).which().clients(), "client") + " a round";
            parts.add(phases(each, "Time per phase, " + clients));
            parts.add(percentiles(each, "Percentiles, " + clients));
        }
        ScalingCharts.overWorkers(results).ifPresent(parts::add);
        ScalingCharts.overClients(results).ifPresent(parts::add);
        parts.add(table(
                "Whole rounds in ms (n: their number), the median of the bare loop, and the efficiency",
                BenchTable.rounds(results)));
        parts.add(table("Mean time of each phase in ms", BenchTable.phases(results)));
        return parts;
    }

    /** Shows means, because only means add up to the round. */
    private static Chart phases(List<CaseResult> results, String title) {
        Chart chart = Chart.bars(title, Axis.fromZero("ms, mean of a round"), names(results));
        for (Phase phase : Phase.values()) {
            chart.add(Series.values(
                    BenchTable.name(phase),
                    phase.ordinal(),
                    millis(results, each -> each.phase(phase), Latencies::mean)));
        }
        return chart.mark(
                Series.values("bare loop", Series.NEUTRAL, millis(results, CaseResult::bare, Latencies::mean)));
    }

    private static Chart percentiles(List<CaseResult> results, String title) {
        return Chart.dots(title, Axis.log("ms of a round, logarithmic"), names(results))
                .add(Series.values("p50", 0, millis(results, CaseResult::round, Latencies::p50)))
                .add(Series.values("p90", 1, millis(results, CaseResult::round, Latencies::p90)))
                .add(Series.values("p99", 2, millis(results, CaseResult::round, Latencies::p99)))
                .add(Series.values("max", 3, millis(results, CaseResult::round, Latencies::max)));
    }

    private static List<String> names(List<CaseResult> results) {
        return results.stream().map(Groups::executionOf).toList();
    }

    private static double[] millis(
            List<CaseResult> results, Function<CaseResult, Latencies> of, Function<Latencies, Duration> which) {
        ToDoubleFunction<CaseResult> figure = result -> Figures.toMillis(which.apply(of.apply(result)));
        return results.stream().mapToDouble(figure).toArray();
    }

    private static Table table(String caption, BenchTable table) {
        return new Table(caption, table.head(), table.rows());
    }
}
