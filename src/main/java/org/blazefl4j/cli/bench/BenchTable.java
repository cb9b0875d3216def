package org.blazefl4j.cli.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.lab.CaseResult;
import org.blazefl4j.lab.Latencies;

/** Results in columns, for the terminal and the page. Times are in milliseconds. */
record BenchTable(List<String> head, List<List<String>> rows) {

    private static final int NUMBERS = 1;

    /** Returns percentiles of whole rounds, the bare loop's median and the efficiency. */
    static BenchTable rounds(List<CaseResult> results) {
        return new BenchTable(
                List.of("mode", "workers", "clients", "n", "p50", "p90", "p99", "max", "bare", "eff"),
                results.stream().map(BenchTable::round).toList());
    }

    private static List<String> round(CaseResult result) {
        Latencies round = result.round();
        return row(
                result,
                Stream.of(
                        Integer.toString(result.rounds()),
                        Figures.millis(round.p50()),
                        Figures.millis(round.p90()),
                        Figures.millis(round.p99()),
                        Figures.millis(round.max()),
                        Figures.millis(result.bare().p50()),
                        Figures.ratio(result.efficiency().median())));
    }

    /** Returns the mean of each phase; the means add up to that of the round. */
    static BenchTable phases(List<CaseResult> results) {
        List<String> head = new ArrayList<>(List.of("mode", "workers", "clients"));
        Arrays.stream(Phase.values()).map(BenchTable::name).forEach(head::add);
        return new BenchTable(
                head,
                results.stream()
                        .map(result -> row(
                                result,
                                Arrays.stream(Phase.values())
                                        .map(phase -> Figures.millis(
                                                result.phase(phase).mean()))))
                        .toList());
    }

    /** Returns a phase's name for people and files. */
    static String name(Phase phase) {
        return phase.name().toLowerCase(Locale.ROOT);
    }

    private static List<String> row(CaseResult result, Stream<String> figures) {
        Stream<String> which = Stream.of(
                result.which().mode().toString(),
                Integer.toString(result.which().workers()),
                Integer.toString(result.which().clients()));
        return Stream.concat(which, figures).toList();
    }

    /** Returns whether a column holds numbers, which are aligned to the right. */
    boolean isNumber(int column) {
        return column >= NUMBERS;
    }

    /** Returns the table as aligned lines. */
    String toText() {
        StringBuilder text = new StringBuilder();
        Stream.concat(Stream.of(head), rows.stream()).forEach(row -> text.append(line(row)));
        return text.toString();
    }

    private String line(List<String> row) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < row.size(); column++) {
            String format = isNumber(column) ? "%" + (width(column) + 2) + "s" : "%-" + width(column) + "s";
            line.append(String.format(Locale.ROOT, format, row.get(column)));
        }
        return String.format(Locale.ROOT, "  %s%n", line.toString().stripTrailing());
    }

    private int width(int column) {
        return Stream.concat(Stream.of(head), rows.stream())
                .mapToInt(row -> row.get(column).length())
                .max()
                .orElseThrow();
    }
}
