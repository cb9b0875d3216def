package org.blazefl4j.cli.sweep;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The results of a study: a row for each settings, with the distribution of each figure over seeds.
 *
 * @param varied the keys in which rows differ
 * @param best the figure by which the best row is chosen
 */
record ResultTable(List<String> varied, List<Row> rows, List<Entry> entries, String best) {

    /** A run and what became of it. */
    record Entry(PlannedRun run, Outcome outcome) {}

    /**
     * A row.
     *
     * @param settings the values of the varied keys
     * @param runs how many runs there are, complete or not
     * @param figures over the completed runs
     */
    record Row(Map<String, String> settings, int runs, Map<String, Figure> figures) {

        /** Returns how many runs have completed. */
        int completed() {
            return figures.values().stream().mapToInt(Figure::count).max().orElse(0);
        }
    }

    /** Collects what became of the runs of a study. */
    static ResultTable of(Study study, Map<PlannedRun, Outcome> outcomes) {
        List<Entry> entries = study.runs().stream()
                .map(run -> new Entry(run, outcomes.getOrDefault(run, Outcome.OPEN)))
                .toList();
        List<Row> rows = study.bySettings().map(runs -> row(runs, outcomes)).toList();
        return new ResultTable(study.varied(), rows, entries, study.best());
    }

    private static Row row(List<PlannedRun> runs, Map<PlannedRun, Outcome> outcomes) {
        Map<String, List<Double>> values = new LinkedHashMap<>();
        for (PlannedRun run : runs) {
            outcomes.getOrDefault(run, Outcome.OPEN)
                    .figures()
                    .forEach((name, value) -> values.computeIfAbsent(name, figure -> new ArrayList<>())
                            .add(value));
        }
        Map<String, Figure> figures = new LinkedHashMap<>();
        values.forEach((name, list) -> figures.put(name, Figure.of(list)));
        return new Row(runs.get(0).varied(), runs.size(), figures);
    }

    /** Returns the names of all figures. */
    List<String> figures() {
        return rows.stream()
                .flatMap(row -> row.figures().keySet().stream())
                .distinct()
                .toList();
    }

    /** Returns the best of the rows whose runs have all completed; losses and rounds are better if they are smaller. */
    Optional<Row> bestRow() {
        boolean smaller = best.contains("loss") || best.contains("round");
        Comparator<Row> byMean = Comparator.comparingDouble(row -> mean(row) * (smaller ? -1 : 1));
        return rows.stream()
                .filter(row -> row.completed() == row.runs() && row.figures().containsKey(best))
                .filter(row -> !Double.isNaN(mean(row)))
                .max(byMean);
    }

    private double mean(Row row) {
        Figure figure = row.figures().get(best);
        return figure == null ? Double.NaN : figure.mean();
    }
}
