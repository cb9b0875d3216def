package org.blazefl4j.cli.bench;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.blazefl4j.cli.console.Version;
import org.blazefl4j.lab.CaseResult;

/** Renders a report as a self-contained page with charts, tables and the data. It is HTML and well-formed XML. */
final class BenchPage {

    private final BenchReport report;
    private final Element body = Element.of("body");

    private BenchPage(BenchReport report) {
        this.report = report;
    }

    /**
     * Returns the page.
     *
     * @param json the report's data, which the page includes
     */
    static String of(BenchReport report, String json) {
        BenchPage page = new BenchPage(report);
        page.introduce();
        Groups.byWork(report.results()).forEach(page::addWork);
        page.body.add(Element.of("h2", "Machine and settings"));
        page.addNamed("Machine", report.machine());
        page.addNamed("Settings", report.settings());
        page.addData(json);
        Element html = Element.of("html").with("lang", "en").add(page.head()).add(page.body);
        return "<!DOCTYPE html>\n" + html + "\n";
    }

    private Element head() {
        return Element.of("head")
                .add(Element.of("meta").with("charset", "utf-8"))
                .add(Element.of("meta").with("name", "viewport").with("content", "width=device-width, initial-scale=1"))
                .add(Element.of("title", "BlazeFL4J bench, " + report.started()))
                .add(Element.of("style").data(Palette.css()));
    }

    private void introduce() {
        body.add(Element.of("h1", "BlazeFL4J bench"))
                .add(Element.of(
                        "p",
                        "Rounds of federated learning on this machine, measured with BlazeFL4J " + Version.blazefl4j()
                                + " on " + report.started()
                                + (report.stopped() ? ", stopped before all cases were measured." : ".")
                                + " All times are in milliseconds. After each round a bare loop did the same work"
                                + " without a framework. The efficiency is the bare loop's time divided by the round's,"
                                + " not counting sampling and evaluation, which the bare loop does not do. 1 means that"
                                + " the framework costs nothing."));
        report.warnings().forEach(warning -> body.add(Element.of("p", warning).with("class", "warning")));
    }

    private void addWork(List<CaseResult> results) {
        body.add(Element.of("h2", capital(Groups.workOf(results.get(0)))));
        for (List<CaseResult> sameClients :
                Groups.by(results, result -> result.which().clients())) {
            String clients = Groups.count(sameClients.get(0).which().clients(), "client") + " a round";
            addChart("Time per phase, " + clients, PhaseBars.draw(sameClients, "Time per phase, " + clients));
            addChart("Percentiles, " + clients, PercentileChart.draw(sameClients, "Percentiles, " + clients));
        }
        ScalingCharts.overWorkers(results).ifPresent(chart -> addChart("Scaling over workers", chart));
        ScalingCharts.overClients(results).ifPresent(chart -> addChart("Scaling over clients", chart));
        body.add(Element.of("h3", "Figures"));
        addTable(
                "Whole rounds (n: their number), the median of the bare loop, and the efficiency",
                BenchTable.rounds(results));
        addTable("Mean time of each phase", BenchTable.phases(results));
    }

    private static String capital(String text) {
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }

    private void addChart(String title, Element chart) {
        body.add(Element.of("h3", title)).add(chart);
    }

    private void addTable(String caption, BenchTable table) {
        Element head = Element.of("tr");
        for (int column = 0; column < table.head().size(); column++) {
            head.add(styled(Element.of("th", table.head().get(column)).with("scope", "col"), table.isNumber(column)));
        }
        Element rows = Element.of("tbody");
        table.rows().forEach(row -> rows.add(row(row, table)));
        addWide(Element.of("table")
                .add(Element.of("caption", caption))
                .add(Element.of("thead").add(head))
                .add(rows));
    }

    private static Element row(List<String> cells, BenchTable table) {
        Element row = Element.of("tr");
        for (int column = 0; column < cells.size(); column++) {
            Element cell = column == 0
                    ? Element.of("th", cells.get(column)).with("scope", "row")
                    : Element.of("td", cells.get(column));
            row.add(styled(cell, table.isNumber(column)));
        }
        return row;
    }

    private static Element styled(Element cell, boolean number) {
        return number ? cell.with("class", "number") : cell;
    }

    private void addNamed(String caption, Map<String, Object> values) {
        Element rows = Element.of("tbody");
        values.forEach((name, value) -> rows.add(Element.of("tr")
                .add(Element.of("th", name).with("scope", "row"))
                .add(Element.of("td", String.valueOf(value)))));
        addWide(Element.of("table").add(Element.of("caption", caption)).add(rows));
    }

    private void addWide(Element table) {
        body.add(Element.of("div").with("class", "wide").add(table));
    }

    /** Escapes markup in the way JSON allows, so that the data cannot end its element. */
    private void addData(String json) {
        body.add(Element.of("script")
                .with("type", "application/json")
                .with("id", "data")
                .data(json.replace("<", "\\u003c").replace("&", "\\u0026").replace(">", "\\u003e")));
    }
}
