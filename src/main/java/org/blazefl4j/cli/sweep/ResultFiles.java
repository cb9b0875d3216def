package org.blazefl4j.cli.sweep;

import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.blazefl4j.cli.sweep.ResultTable.Entry;
import org.blazefl4j.cli.sweep.ResultTable.Row;
import org.blazefl4j.report.Table;
import org.blazefl4j.util.Printable;
import org.blazefl4j.util.WholeFile;

/**
 * Writes a table as {@code table.csv}, with the mean and the standard deviation of every figure, as {@code table.md},
 * with the main figures, and {@code runs.csv} with a row for each run.
 */
record ResultFiles(ResultTable table) {

    /** Comes last, because it is all of a table that a repetition changes. */
    private static final String SECONDS = "seconds_per_round";

    private static final Set<String> MAIN = Set.of(
            "accuracy",
            "loss",
            "best_accuracy",
            "client_accuracy",
            "client_accuracy_worst10",
            "unseen_accuracy",
            SECONDS);

    /** Replaces the files in a folder. */
    void write(Path folder) {
        WholeFile.write(folder.resolve("table.csv"), tableCsv());
        WholeFile.write(folder.resolve("runs.csv"), runsCsv());
        WholeFile.write(folder.resolve("table.md"), markdown());
    }

    private List<String> figures() {
        List<String> figures = new ArrayList<>(table.figures());
        if (figures.remove(SECONDS)) {
            figures.add(SECONDS);
        }
        return figures;
    }

    String tableCsv() {
        List<String> figures = figures();
        Optional<Row> best = table.bestRow();
        List<String> header = new ArrayList<>(table.varied());
        header.addAll(List.of("runs", "completed", "best"));
        figures.forEach(figure -> header.addAll(List.of(figure + "_mean", figure + "_std")));
        List<List<String>> rows = new ArrayList<>(List.of(header));
        for (Row row : table.rows()) {
            List<String> values = settings(row.settings());
            values.add(Integer.toString(row.runs()));
            values.add(Integer.toString(row.completed()));
            values.add(best.equals(Optional.of(row)) ? table.best() : "");
            for (String figure : figures) {
                Figure found = row.figures().get(figure);
                values.add(found == null ? "" : Double.toString(found.mean()));
                values.add(found == null || found.count() == 1 ? "" : Double.toString(found.deviation()));
            }
            rows.add(values);
        }
        return csv(rows);
    }

    String runsCsv() {
        List<String> figures = figures();
        List<String> header = new ArrayList<>(table.varied());
        header.addAll(List.of("seed", "status", "folder", "failure"));
        header.addAll(figures);
        List<List<String>> rows = new ArrayList<>(List.of(header));
        for (Entry entry : table.entries()) {
            List<String> values = settings(entry.run().varied());
            values.add(Long.toString(entry.run().seed()));
            values.add(entry.outcome().toString());
            values.add(entry.run().folderName());
            values.add(entry.outcome().failure());
            figures.forEach(figure -> {
                Double value = entry.outcome().figures().get(figure);
                values.add(value == null ? "" : value.toString());
            });
            rows.add(values);
        }
        return csv(rows);
    }

    private List<String> settings(Map<String, String> settings) {
        return new ArrayList<>(table.varied().stream()
                .map(key -> settings.getOrDefault(key, ""))
                .toList());
    }

    private static String csv(List<List<String>> rows) {
        StringWriter text = new StringWriter();
        try (CsvWriter csv = CsvWriter.builder().lineDelimiter(LineDelimiter.LF).build(text)) {
            rows.forEach(csv::writeRecord);
        } catch (IOException e) {
            throw new UncheckedIOException("a string writer does not fail", e);
        }
        return text.toString();
    }

    String markdown() {
        List<List<String>> rows = mainRows("**", "**");
        StringBuilder text = new StringBuilder();
        addLine(text, rows.get(0));
        addLine(text, rows.get(0).stream().map(name -> "---").toList());
        rows.subList(1, rows.size()).forEach(row -> addLine(text, row));
        table.bestRow()
                .ifPresent(row -> text.append("\nBest ")
                        .append(table.best().replace('_', ' '))
                        .append(": ")
                        .append(cell(table.best(), row))
                        .append(row.settings().isEmpty() ? "" : " with " + describe(row.settings()))
                        .append(".\n"));
        addFailures(text);
        return text.toString();
    }

    /** Returns the main figures for a page. */
    Table summary() {
        List<List<String>> rows = mainRows("", ", the best");
        return new Table("Means ± standard deviations over seeds", rows.get(0), rows.subList(1, rows.size()));
    }

    /** Returns the names of columns and a row for each settings, whose best figure stands between two marks. */
    private List<List<String>> mainRows(String before, String after) {
        List<String> figures = figures().stream()
                .filter(figure -> MAIN.contains(figure) || figure.equals(table.best()) || isVaryingRounds(figure))
                .toList();
        Optional<Row> best = table.bestRow();
        List<String> header = new ArrayList<>(table.varied());
        header.add("runs");
        header.addAll(figures);
        List<List<String>> rows = new ArrayList<>();
        rows.add(header.stream().map(name -> name.replace('_', ' ')).toList());
        for (Row row : table.rows()) {
            List<String> cells = settings(row.settings());
            boolean all = row.completed() == row.runs();
            cells.add(all ? Integer.toString(row.runs()) : row.completed() + " of " + row.runs());
            for (String figure : figures) {
                boolean marked = figure.equals(table.best()) && best.equals(Optional.of(row));
                String cell = cell(figure, row);
                cells.add(marked ? before + cell + after : cell);
            }
            rows.add(cells);
        }
        return rows;
    }

    /** Returns whether runs end after different numbers of rounds, as those that end early do. */
    private boolean isVaryingRounds(String figure) {
        return figure.equals("rounds")
                && table.entries().stream()
                                .flatMap(entry -> Optional.ofNullable(
                                        entry.outcome().figures().get(figure))
                                        .stream())
                                .distinct()
                                .count()
                        > 1;
    }

    private static String describe(Map<String, String> settings) {
        return settings.entrySet().stream()
                .map(each -> each.getKey() + " = " + escaped(each.getValue()))
                .collect(Collectors.joining(", "));
    }

    private static String cell(String name, Row row) {
        Figure figure = row.figures().get(name);
        if (figure == null) {
            return "";
        }
        int digits = name.contains("loss") || name.contains("accuracy") ? 4 : 2;
        String mean = String.format(Locale.ROOT, "%." + digits + "f", figure.mean());
        return figure.count() == 1
                ? mean
                : mean + String.format(Locale.ROOT, " ± %." + digits + "f", figure.deviation());
    }

    private void addFailures(StringBuilder text) {
        List<Entry> failed = table.entries().stream()
                .filter(entry -> !entry.outcome().failure().isEmpty())
                .toList();
        text.append(failed.isEmpty() ? "" : "\nFailed:\n\n");
        failed.forEach(entry -> text.append("- ")
                .append(escaped(entry.run().title()))
                .append(": ")
                .append(escaped(entry.outcome().failure()))
                .append('\n'));
    }

    private static void addLine(StringBuilder text, List<String> cells) {
        text.append(cells.stream().map(ResultFiles::escaped).collect(Collectors.joining(" | ", "| ", " |\n")));
    }

    private static String escaped(String cell) {
        return Printable.line(cell).replace("|", "\\|");
    }
}
