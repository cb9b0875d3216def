package org.blazefl4j.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The page of a partition, and its part of the page of a run. */
public final class PartitionPage {

    /** Of more clients a chart shows every so-manieth. */
    private static final int MOST_COLUMNS = 200;

    private PartitionPage() {}

    /** Returns a page of one partition. */
    public static Page of(Partition partition, String title, Map<String, ?> settings) {
        return new Page(title, List.of())
                .add("Partition", parts(partition, "Samples of the clients"))
                .add("Settings", List.of(Table.ofNamed("", settings)));
    }

    /** Returns the figures of a partition by name, for people. */
    public static Map<String, String> figures(Partition partition) {
        long[] sizes = partition.sizes();
        double[] distances =
                Arrays.stream(partition.distances()).filter(Double::isFinite).toArray();
        double[] kinds = partition.samples().stream()
                .mapToDouble(
                        each -> Arrays.stream(each).filter(count -> count > 0).count())
                .toArray();
        Map<String, String> figures = new LinkedHashMap<>();
        figures.put("clients", Numbers.text(sizes.length));
        figures.put("classes", Numbers.text(partition.classes()));
        figures.put("samples", Numbers.text(Arrays.stream(sizes).sum()));
        figures.put("samples per client", spread(sizes));
        figures.put("Gini coefficient of these sizes", Numbers.text(partition.gini()));
        figures.put("classes per client, mean", Numbers.text(mean(kinds)));
        figures.put(
                "total variation to the global mix",
                "mean " + Numbers.text(mean(distances)) + ", largest "
                        + Numbers.text(Arrays.stream(distances).max().orElse(Double.NaN)));
        return figures;
    }

    /** Returns the least, the largest and the median of one or more sizes. */
    public static String spread(long[] sizes) {
        long[] sorted = sizes.clone();
        Arrays.sort(sorted);
        return "from " + Numbers.text(sorted[0]) + " to " + Numbers.text(sorted[sorted.length - 1]) + ", median "
                + Numbers.text((sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2.0);
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElse(Double.NaN);
    }

    static List<Part> parts(Partition partition, String title) {
        int step = (partition.clients() + MOST_COLUMNS - 1) / MOST_COLUMNS;
        int[] shown = IntStream.range(0, partition.clients())
                .filter(client -> client % step == 0)
                .toArray();
        long[] sizes = partition.sizes();
        double[] distances = partition.distances();
        Chart chart = Chart.heat(
                        title,
                        "client",
                        "class",
                        "share of the client's samples",
                        Arrays.stream(shown).mapToObj(Integer::toString).toList(),
                        IntStream.range(0, partition.classes())
                                .mapToObj(Integer::toString)
                                .toList(),
                        Arrays.stream(shown)
                                .mapToObj(client ->
                                        Partition.shares(partition.samples().get(client)))
                                .toList())
                .add(Series.values(
                        "samples",
                        Series.NEUTRAL,
                        Arrays.stream(shown)
                                .mapToDouble(client -> sizes[client])
                                .toArray()))
                .add(Series.values(
                        "total variation to the global mix",
                        Series.NEUTRAL,
                        Arrays.stream(shown)
                                .mapToDouble(client -> distances[client])
                                .toArray()))
                .note(step == 1 ? null : "Every " + step + "th client.");
        List<Part> parts = new ArrayList<>();
        parts.add(chart);
        parts.add(new Table(
                "",
                List.of("", ""),
                figures(partition).entrySet().stream()
                        .map(each -> List.of(each.getKey(), each.getValue()))
                        .toList()));
        return parts;
    }
}
