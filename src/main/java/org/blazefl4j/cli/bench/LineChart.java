package org.blazefl4j.cli.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** A line per series: how a figure changes with a number, such as the number of workers. */
final class LineChart {

    private static final double TOP = Chart.LEGEND_HEIGHT + 40;
    private static final double BOTTOM = 280;
    private static final double HEIGHT = 324;
    private static final double LEFT = 62;
    private static final double INSET = 24;
    private static final double RADIUS = 3.5;

    /** Distinguishes lines without colours; one pattern per execution mode. */
    private static final List<String> DASHES = List.of("none", "9 3", "2 3");

    private final String title;
    private final String x;
    private final String y;
    private final Map<String, SortedMap<Integer, Double>> series = new LinkedHashMap<>();
    private final SortedMap<Integer, Double> bare = new TreeMap<>();

    /**
     * Creates an empty chart.
     *
     * @param x the quantity on the lower axis, which is logarithmic
     * @param y the quantity on the left axis, which starts at 0
     */
    LineChart(String title, String x, String y) {
        this.title = title;
        this.x = x;
        this.y = y;
    }

    void put(String name, int at, double value) {
        series.computeIfAbsent(name, n -> new TreeMap<>()).put(at, value);
    }

    /** Adds a point of the bare loops' line; the first point at a place counts. */
    void putBare(int at, double value) {
        bare.putIfAbsent(at, value);
    }

    /** Returns whether there is anything to compare. */
    boolean hasLines() {
        return series.values().stream().anyMatch(points -> points.size() > 1);
    }

    Element draw() {
        SortedSet<Integer> places = new TreeSet<>(bare.keySet());
        series.values().forEach(points -> places.addAll(points.keySet()));
        double most = Stream.concat(
                        series.values().stream().flatMap(points -> points.values().stream()), bare.values().stream())
                .mapToDouble(Double::doubleValue)
                .max()
                .orElseThrow();
        Scale across = Scale.through(List.copyOf(places), LEFT + INSET, Chart.RIGHT - INSET);
        Scale up = Scale.linear(most, BOTTOM, TOP);
        Chart chart =
                new Chart(title, y + " by " + x + ", a line per execution mode. The table has the figures.", HEIGHT);
        chart.legend(new ArrayList<>(series.keySet())).axisLeft(up, LEFT, y + "; dashed grey: bare loops");
        chart.axisBelow(across, BOTTOM, BOTTOM, x);
        curve(chart, "bare", bare, across, up, "none");
        int index = 0;
        for (Map.Entry<String, SortedMap<Integer, Double>> each : series.entrySet()) {
            curve(chart, Chart.stroke(index), each.getValue(), across, up, DASHES.get(index % DASHES.size()));
            dots(chart, Chart.fill(index), each.getKey(), each.getValue(), across, up);
            index++;
        }
        return chart.svg();
    }

    private static void curve(
            Chart chart, String style, SortedMap<Integer, Double> points, Scale across, Scale up, String dashes) {
        StringBuilder path = new StringBuilder();
        points.forEach((at, value) -> path.append(path.isEmpty() ? "M" : "L")
                .append(String.format(Locale.ROOT, "%.2f %.2f", across.at(at), up.at(value))));
        Element curve = Element.of("path").with("class", style + " curve").with("d", path.toString());
        chart.add(style.equals("bare") ? curve : curve.with("stroke-dasharray", dashes));
    }

    private static void dots(
            Chart chart, String style, String name, SortedMap<Integer, Double> points, Scale across, Scale up) {
        points.forEach((at, value) -> chart.add(Element.of("circle")
                .with("class", style)
                .with("cx", across.at(at))
                .with("cy", up.at(value))
                .with("r", RADIUS)
                .add(Element.of("title", name + " at " + at + ": " + Figures.digits(value)))));
    }
}
