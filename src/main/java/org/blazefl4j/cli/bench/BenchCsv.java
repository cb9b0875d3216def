package org.blazefl4j.cli.bench;

import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.lab.CaseResult;
import org.blazefl4j.lab.Latencies;

/**
 * Formats a report as CSV (RFC 4180). Each case has a row for the whole round, for each phase and for the bare loop, as
 * column {@code part} says. The efficiency is in the round's row.
 */
final class BenchCsv {

    private static final List<String> COLUMNS = List.of(
            "work",
            "size",
            "execution_mode",
            "workers",
            "clients",
            "rounds",
            "part",
            "mean_seconds",
            "p50_seconds",
            "p90_seconds",
            "p99_seconds",
            "max_seconds",
            "efficiency");

    private BenchCsv() {}

    static String of(BenchReport report) {
        StringWriter text = new StringWriter();
        try (CsvWriter csv = CsvWriter.builder().lineDelimiter(LineDelimiter.LF).build(text)) {
            csv.writeRecord(COLUMNS);
            report.results().forEach(result -> write(result, csv));
        } catch (IOException e) {
            throw new UncheckedIOException("a string writer does not fail", e);
        }
        return text.toString();
    }

    private static void write(CaseResult result, CsvWriter csv) {
        csv.writeRecord(row(
                result,
                "round",
                result.round(),
                Double.toString(result.efficiency().median())));
        result.phases().forEach((phase, times) -> csv.writeRecord(row(result, BenchTable.name(phase), times, "")));
        csv.writeRecord(row(result, "bare", result.bare(), ""));
    }

    private static List<String> row(CaseResult result, String part, Latencies times, String efficiency) {
        List<String> row = new ArrayList<>();
        BenchData.which(result.which()).values().forEach(value -> row.add(value.toString()));
        row.add(Integer.toString(result.rounds()));
        row.add(part);
        BenchData.of(times).values().forEach(value -> row.add(value.toString()));
        row.add(efficiency);
        return row;
    }
}
