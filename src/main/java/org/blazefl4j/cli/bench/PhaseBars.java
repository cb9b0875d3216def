package org.blazefl4j.cli.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.lab.CaseResult;

/** A bar per case, with a piece per phase. Shows means, because only means add up to the round. */
final class PhaseBars {

    private static final double TOP = Chart.LEGEND_HEIGHT + 12;
    private static final double LEFT = 186;
    private static final double ROW = 30;
    private static final double BAR = 20;
    private static final double BELOW = 44;

    private final List<CaseResult> results;
    private final Scale scale;
    private final Chart chart;

    private PhaseBars(List<CaseResult> results, String title) {
        this.results = results;
        double most = results.stream()
                .mapToDouble(result -> Math.max(
                        Figures.toMillis(result.round().mean()),
                        Figures.toMillis(result.bare().mean())))
                .max()
                .orElseThrow();
        this.scale = Scale.linear(most, LEFT, Chart.RIGHT);
        this.chart = new Chart(
                title,
                "A bar per execution mode and number of workers, divided by phase. The table below has the same figures.",
                bottom() + BELOW);
    }

    /**
     * Draws the bars.
     *
     * @param results of the same work and number of clients, at least one
     */
    static Element draw(List<CaseResult> results, String title) {
        return new PhaseBars(results, title).draw();
    }

    private double bottom() {
        return TOP + results.size() * ROW;
    }

    private Element draw() {
        List<String> names = new ArrayList<>(
                Arrays.stream(Phase.values()).map(BenchTable::name).toList());
        chart.legend(names);
        chart.axisBelow(scale, TOP, bottom(), "mean time of a round in ms; dashed: the bare loop");
        for (int row = 0; row < results.size(); row++) {
            bar(results.get(row), TOP + row * ROW + (ROW - BAR) / 2);
        }
        return chart.svg();
    }

    private void bar(CaseResult result, double y) {
        chart.text(LEFT - 8, y + BAR / 2 + 4, "end", Groups.executionOf(result));
        double start = 0;
        for (Phase phase : Phase.values()) {
            double end = start + Figures.toMillis(result.phase(phase).mean());
            chart.add(piece(phase, start, end, y));
            start = end;
        }
        double bare = scale.at(Figures.toMillis(result.bare().mean()));
        chart.line("mark", bare, y - 3, bare, y + BAR + 3);
        chart.text(scale.at(start) + 5, y + BAR / 2 + 4, "start", Figures.digits(start));
    }

    private Element piece(Phase phase, double start, double end, double y) {
        return Element.of("rect")
                .with("class", Chart.fill(phase.ordinal()))
                .with("x", scale.at(start))
                .with("y", y)
                .with("width", scale.at(end) - scale.at(start))
                .with("height", BAR)
                .add(Element.of("title", BenchTable.name(phase) + ": " + Figures.digits(end - start) + " ms"));
    }
}
