package org.blazefl4j.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LineChartTest {

    private static LineChart chart() {
        return new LineChart("Scaling", "clients", "ms");
    }

    /** Results look like this if a measurement was stopped before the last cases. */
    @Test
    void shouldPlaceAllPointsIfTheBareLoopHasFewer() {
        LineChart chart = chart();
        chart.put("single-threaded", 10, 1);
        chart.put("single-threaded", 100, 2);
        chart.put("multi-threaded", 10, 3);
        chart.putBare(10, 0.5);

        assertThat(chart.draw().toString()).contains(">10<", ">100<").doesNotContain("NaN", "Infinity");
    }

    @Test
    void shouldDrawNoComparisonOfSinglePoints() {
        LineChart chart = chart();
        chart.put("single-threaded", 10, 1);
        chart.put("multi-threaded", 100, 1);

        assertThat(chart.hasLines()).isFalse();
    }
}
