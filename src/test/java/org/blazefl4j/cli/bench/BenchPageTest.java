package org.blazefl4j.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.lab.CaseResult;
import org.blazefl4j.lab.EmptyWork;
import org.blazefl4j.lab.LabCase;
import org.blazefl4j.lab.Latencies;
import org.blazefl4j.lab.Quartiles;
import org.blazefl4j.report.Chart;
import org.blazefl4j.report.Chromium;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BenchPageTest {

    @TempDir
    private Path folder;

    private static CaseResult result(ExecutionMode mode, int workers, int clients, int millis) {
        Map<Phase, Latencies> phases = new EnumMap<>(Phase.class);
        for (Phase phase : Phase.values()) {
            phases.put(phase, latencies(millis / 7.0));
        }
        return new CaseResult(
                new LabCase(new EmptyWork(1000), mode, workers, clients),
                100,
                latencies(millis),
                phases,
                latencies(millis / 2.0),
                Quartiles.of(0.5));
    }

    private static Latencies latencies(double millis) {
        List<Duration> times = new ArrayList<>();
        for (double factor : new double[] {1, 1, 1.5, 2, 4}) {
            times.add(Duration.ofNanos((long) (millis * factor * 1e6)));
        }
        return new Latencies(times.get(0), times.get(1), times.get(2), times.get(3), times.get(4));
    }

    private static List<CaseResult> all() {
        List<CaseResult> results = new ArrayList<>();
        for (ExecutionMode mode : ExecutionMode.values()) {
            for (int workers : mode == ExecutionMode.SINGLE_THREADED ? new int[] {1} : new int[] {1, 2}) {
                for (int clients : new int[] {10, 100}) {
                    results.add(result(mode, workers, clients, clients / workers + mode.ordinal()));
                }
            }
        }
        return results;
    }

    private static String text(Chart chart) throws IOException {
        return JSON.std.asString(chart.toMap());
    }

    /** Results look like this if a measurement was stopped before the last cases. */
    @Test
    void shouldPlaceAllPointsIfTheBareLoopHasFewer() throws IOException {
        Chart chart = ScalingCharts.overClients(List.of(
                        result(ExecutionMode.MULTI_THREADED, 1, 10, 10),
                        result(ExecutionMode.MULTI_THREADED, 1, 100, 50),
                        result(ExecutionMode.MULTI_PROCESS, 2, 10, 20)))
                .orElseThrow();

        assertThat(text(chart))
                .contains("\"x\":[10,100]", "\"y\":[1,0.5]")
                .contains("{\"name\":\"bare loops\",\"colour\":-1,\"y\":[1],\"dashed\":true,\"x\":[10]}");
    }

    @Test
    void shouldDrawNoComparisonOfSinglePoints() {
        List<CaseResult> results = List.of(
                result(ExecutionMode.MULTI_THREADED, 1, 10, 10), result(ExecutionMode.MULTI_PROCESS, 2, 10, 20));

        assertThat(ScalingCharts.overWorkers(results)).isEmpty();
        assertThat(ScalingCharts.overClients(results)).isEmpty();
    }

    @Slow
    @Test
    void shouldDrawItsChartsInABrowser() throws Exception {
        BenchReport report = new BenchReport(
                "2026-03-01T10:00:00Z", true, Map.of("cores", 2), Map.of("rounds", 100), List.of("<b>busy"), all());
        Path file = folder.resolve("bench.html");
        BenchPage.of(report, Map.of("status", "stopped")).write(file);

        try (Chromium chromium = Chromium.start()) {
            chromium.show(400, 900, "light");
            chromium.open(file.toUri());
            assertThat(chromium.complaints()).isEmpty();
            assertThat(chromium.requests()).containsExactly(file.toUri().toString());
            assertThat(chromium.evaluate("document.body.innerText"))
                    .asString()
                    .contains("stopped before all cases were measured", "<b>busy", "Empty rounds, 1000 floats")
                    .contains("Time per phase, 10 clients a round", "Percentiles, 100 clients a round")
                    .contains("Scaling over workers, 100 clients a round", "Scaling over clients", "bare loop");
            assertThat(chromium.evaluate("[...document.querySelectorAll('figure')]"
                            + ".filter(each => each.querySelector('.plot svg path') === null).length"))
                    .isEqualTo(0);
            assertThat(chromium.evaluate("document.documentElement.scrollWidth <= innerWidth"))
                    .isEqualTo(true);
            assertThat(chromium.evaluate("JSON.parse(document.getElementById('data').textContent).source.status"))
                    .isEqualTo("stopped");

            chromium.hover("figure.dots .plot");
            chromium.await("document.querySelector('figure.dots .tip') !== null");
            assertThat(chromium.evaluate("document.querySelector('figure.dots .tip').innerText"))
                    .asString()
                    .contains("p50", "p99", "max");
        }
    }
}
