package org.blazefl4j.cli.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.blazefl4j.lab.CaseResult;
import org.blazefl4j.report.Axis;
import org.blazefl4j.report.Chart;
import org.blazefl4j.report.Series;

/** Charts of how rounds of the same work scale with the number of workers and of clients. */
final class ScalingCharts {

    private final Map<String, SortedMap<Integer, Double>> lines = new LinkedHashMap<>();
    private final SortedMap<Integer, Double> bare = new TreeMap<>();

    /** Charts clients per second over workers, for the largest number of clients; empty if workers were not varied. */
    static Optional<Chart> overWorkers(List<CaseResult> results) {
        int clients = results.stream()
                .mapToInt(result -> result.which().clients())
                .max()
                .orElseThrow();
        ScalingCharts charts = new ScalingCharts();
        for (CaseResult result : results) {
            if (result.which().clients() == clients) {
                int workers = result.which().workers();
                charts.put(
                        result.which().mode().toString(),
                        workers,
                        clients / Figures.toSeconds(result.round().p50()));
                charts.putBare(
                        workers, clients / Figures.toSeconds(result.bare().p50()));
            }
        }
        return charts.drawn(
                "Scaling over workers, " + Groups.count(clients, "client") + " a round",
                "workers",
                "clients per second");
    }

    /** Charts time per client over clients, for the most workers of each mode; empty if clients were not varied. */
    static Optional<Chart> overClients(List<CaseResult> results) {
        ScalingCharts charts = new ScalingCharts();
        int most = mostWorkers(results);
        for (List<CaseResult> ofMode :
                Groups.by(results, result -> result.which().mode())) {
            int workers = mostWorkers(ofMode);
            for (CaseResult result : ofMode) {
                int clients = result.which().clients();
                if (result.which().workers() == workers) {
                    charts.put(
                            Groups.executionOf(result),
                            clients,
                            Figures.toMillis(result.round().p50()) / clients);
                }
                if (result.which().workers() == most) {
                    charts.putBare(clients, Figures.toMillis(result.bare().p50()) / clients);
                }
            }
        }
        return charts.drawn(
                "Scaling over clients, each mode with its most workers", "clients in a round", "ms per client");
    }

    private static int mostWorkers(List<CaseResult> results) {
        return results.stream()
                .mapToInt(result -> result.which().workers())
                .max()
                .orElseThrow();
    }

    private void put(String name, int at, double value) {
        lines.computeIfAbsent(name, n -> new TreeMap<>()).put(at, value);
    }

    /** Adds a point of the bare loops' line; the first point at a place counts. */
    private void putBare(int at, double value) {
        bare.putIfAbsent(at, value);
    }

    /** Returns a chart if there is anything to compare. */
    private Optional<Chart> drawn(String title, String x, String y) {
        if (lines.values().stream().noneMatch(points -> points.size() > 1)) {
            return Optional.empty();
        }
        Chart chart = Chart.lines(title, Axis.log(x), Axis.log(y + ", logarithmic"));
        lines.forEach((name, points) ->
                chart.add(line(name, List.copyOf(lines.keySet()).indexOf(name), points)));
        return Optional.of(chart.add(line("bare loops", Series.NEUTRAL, bare).asDashed()));
    }

    private static Series line(String name, int colour, SortedMap<Integer, Double> points) {
        return Series.line(
                name,
                colour,
                points.keySet().stream().mapToDouble(Integer::doubleValue).toArray(),
                points.values().stream().mapToDouble(Double::doubleValue).toArray());
    }
}
