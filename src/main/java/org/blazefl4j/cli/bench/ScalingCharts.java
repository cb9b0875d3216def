package org.blazefl4j.cli.bench;

import java.util.List;
import java.util.Optional;
import org.blazefl4j.lab.CaseResult;

/** Charts of how rounds of the same work scale with the number of workers and of clients. */
final class ScalingCharts {

    private ScalingCharts() {}

    /** Charts clients per second over workers, for the largest number of clients; empty if workers were not varied. */
    static Optional<Element> overWorkers(List<CaseResult> results) {
        int clients = results.stream()
                .mapToInt(result -> result.which().clients())
                .max()
                .orElseThrow();
        LineChart chart = new LineChart(
                "Scaling over workers, " + Groups.count(clients, "client") + " a round",
                "workers",
                "clients per second");
        for (CaseResult result : results) {
            if (result.which().clients() == clients) {
                int workers = result.which().workers();
                chart.put(
                        result.which().mode().toString(),
                        workers,
                        clients / Figures.toSeconds(result.round().p50()));
                chart.putBare(workers, clients / Figures.toSeconds(result.bare().p50()));
            }
        }
        return drawn(chart);
    }

    /** Charts time per client over clients, for the most workers of each mode; empty if clients were not varied. */
    static Optional<Element> overClients(List<CaseResult> results) {
        LineChart chart = new LineChart(
                "Scaling over clients, each mode with its most workers", "clients in a round", "ms per client");
        int most = mostWorkers(results);
        for (List<CaseResult> ofMode :
                Groups.by(results, result -> result.which().mode())) {
            int workers = mostWorkers(ofMode);
            for (CaseResult result : ofMode) {
                int clients = result.which().clients();
                if (result.which().workers() == workers) {
                    chart.put(
                            Groups.executionOf(result),
                            clients,
                            Figures.toMillis(result.round().p50()) / clients);
                }
                if (result.which().workers() == most) {
                    chart.putBare(clients, Figures.toMillis(result.bare().p50()) / clients);
                }
            }
        }
        return drawn(chart);
    }

    private static int mostWorkers(List<CaseResult> results) {
        return results.stream()
                .mapToInt(result -> result.which().workers())
                .max()
                .orElseThrow();
    }

    private static Optional<Element> drawn(LineChart chart) {
        return chart.hasLines() ? Optional.of(chart.draw()) : Optional.empty();
    }
}
