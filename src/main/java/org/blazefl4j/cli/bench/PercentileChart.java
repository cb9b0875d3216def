package org.blazefl4j.cli.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.lab.CaseResult;
import org.blazefl4j.lab.Latencies;

/** A line per case from its median to its longest round, with a dot at each percentile. */
final class PercentileChart {

    private static final double TOP = Chart.LEGEND_HEIGHT + 12;
    private static final double LEFT = 186;
    private static final double ROW = 26;
    /** The radius of the median; outer percentiles are larger, so that equal values stay visible. */
    private static final double RADIUS = 4;

    private static final double MORE_RADIUS = 0.8;
    private static final double BELOW = 44;

    private final List<CaseResult> results;
    private final Scale scale;
    private final Chart chart;

    private PercentileChart(List<CaseResult> results, String title) {
        this.results = results;
        double least = results.stream()
                .mapToDouble(result -> Figures.toMillis(result.round().p50()))
                .min()
                .orElseThrow();
        double most = results.stream()
                .mapToDouble(result -> Figures.toMillis(result.round().max()))
                .max()
                .orElseThrow();
        this.scale = Scale.logarithmic(Math.max(least, 1e-3), Math.max(most, 1e-3), LEFT, Chart.RIGHT);
        this.chart = new Chart(
                title,
                "Percentiles of whole rounds per execution mode and number of workers, on a logarithmic axis. The table"
                        + " below has the same figures.",
                bottom() + BELOW);
    }

    /**
     * Draws the chart.
     *
     * @param results of the same work and number of clients, at least one
     */
    static Element draw(List<CaseResult> results, String title) {
        return new PercentileChart(results, title).draw();
    }

    private double bottom() {
        return TOP + results.size() * ROW;
    }

    private static Map<String, Double> percentiles(Latencies times) {
        Map<String, Double> percentiles = new LinkedHashMap<>();
        percentiles.put("p50", Figures.toMillis(times.p50()));
        percentiles.put("p90", Figures.toMillis(times.p90()));
        percentiles.put("p99", Figures.toMillis(times.p99()));
        percentiles.put("max", Figures.toMillis(times.max()));
        return percentiles;
    }

    private Element draw() {
        chart.legend(List.copyOf(percentiles(results.get(0).round()).keySet()));
        chart.axisBelow(scale, TOP, bottom(), "time of a round in ms, logarithmic");
        for (int row = 0; row < results.size(); row++) {
            row(results.get(row), TOP + (row + 0.5) * ROW);
        }
        return chart.svg();
    }

    private void row(CaseResult result, double y) {
        chart.text(LEFT - 8, y + 4, "end", Groups.executionOf(result));
        Map<String, Double> percentiles = percentiles(result.round());
        chart.line(
                "axis span",
                scale.at(percentiles.getOrDefault("p50", Double.NaN)),
                y,
                scale.at(percentiles.getOrDefault("max", Double.NaN)),
                y);
        int series = percentiles.size();
        for (String name : List.of("max", "p99", "p90", "p50")) { // inner percentiles on top
            series--;
            double at = percentiles.getOrDefault(name, Double.NaN);
            chart.add(Element.of("circle")
                    .with("class", Chart.fill(series))
                    .with("cx", scale.at(at))
                    .with("cy", y)
                    .with("r", RADIUS + series * MORE_RADIUS)
                    .add(Element.of("title", name + ": " + Figures.digits(at) + " ms")));
        }
    }
}
