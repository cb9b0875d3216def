package org.blazefl4j.cli.bench;

import com.fasterxml.jackson.jr.ob.JSON;
import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.cli.console.Version;
import org.blazefl4j.lab.CaseResult;
import org.blazefl4j.lab.LabCase;
import org.blazefl4j.lab.Latencies;
import org.blazefl4j.util.Causes;

/**
 * Writes a report to files: as a page, as JSON with times in seconds, and as CSV (RFC 4180). In the CSV each case has a
 * row for the whole round, for each phase and for the bare loop, as column {@code part} says; the efficiency is in the
 * round's row.
 */
final class BenchFiles {

    private BenchFiles() {}

    /**
     * Writes {@code bench.json}, {@code bench.csv} and {@code bench.html}.
     *
     * @param folder an existing folder without such files
     * @return the page
     * @throws UncheckedIOException if a file exists or cannot be written
     */
    static Path write(BenchReport report, Path folder) {
        Map<String, Object> map = map(report);
        write(folder.resolve("bench.json"), json(map) + "\n");
        write(folder.resolve("bench.csv"), csv(report));
        Path page = folder.resolve("bench.html");
        BenchPage.of(report, map).write(page);
        return page;
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text, StandardOpenOption.CREATE_NEW);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot write results: file=" + file.toAbsolutePath() + ", found=" + Causes.describe(e)
                            + "; choose a writable folder",
                    e);
        }
    }

    private static String csv(BenchReport report) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (CaseResult result : report.results()) {
            rows.add(row(result, "round", result.round(), result.efficiency().median()));
            result.phases().forEach((phase, times) -> rows.add(row(result, BenchTable.name(phase), times, "")));
            rows.add(row(result, "bare", result.bare(), ""));
        }
        StringWriter text = new StringWriter();
        try (CsvWriter csv = CsvWriter.builder().lineDelimiter(LineDelimiter.LF).build(text)) {
            csv.writeRecord(rows.get(0).keySet());
            rows.forEach(row ->
                    csv.writeRecord(row.values().stream().map(Object::toString).toList()));
        } catch (IOException e) {
            throw new UncheckedIOException("a string writer does not fail", e);
        }
        return text.toString();
    }

    private static Map<String, Object> row(CaseResult result, String part, Latencies times, Object efficiency) {
        Map<String, Object> row = which(result.which());
        row.put("rounds", result.rounds());
        row.put("part", part);
        row.putAll(of(times));
        row.put("efficiency", efficiency);
        return row;
    }

    private static Map<String, Object> map(BenchReport report) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("blazefl4j", Version.blazefl4j());
        map.put("started", report.started());
        map.put("status", report.stopped() ? "stopped" : "completed");
        map.put("machine", report.machine());
        map.put("settings", report.settings());
        map.put("warnings", report.warnings());
        map.put("cases", report.results().stream().map(BenchFiles::of).toList());
        return map;
    }

    private static String json(Map<String, Object> map) {
        try {
            return JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(map);
        } catch (IOException e) {
            throw new UncheckedIOException("maps of numbers and strings convert to JSON", e);
        }
    }

    private static Map<String, Object> of(CaseResult result) {
        Map<String, Object> map = which(result.which());
        map.put("rounds", result.rounds());
        map.put("round", of(result.round()));
        Map<String, Object> phases = new LinkedHashMap<>();
        result.phases().forEach((phase, times) -> phases.put(BenchTable.name(phase), of(times)));
        map.put("phases", phases);
        map.put("bare", of(result.bare()));
        Map<String, Object> efficiency = new LinkedHashMap<>();
        efficiency.put("lower_quartile", result.efficiency().lower());
        efficiency.put("median", result.efficiency().median());
        efficiency.put("upper_quartile", result.efficiency().upper());
        map.put("efficiency", efficiency);
        return map;
    }

    /** Returns the fields that identify a case. */
    private static Map<String, Object> which(LabCase which) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("work", which.work().kind());
        map.put("size", which.work().size());
        map.put("execution_mode", which.mode().toString());
        map.put("workers", which.workers());
        map.put("clients", which.clients());
        return map;
    }

    private static Map<String, Object> of(Latencies times) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("mean_seconds", Figures.toSeconds(times.mean()));
        map.put("p50_seconds", Figures.toSeconds(times.p50()));
        map.put("p90_seconds", Figures.toSeconds(times.p90()));
        map.put("p99_seconds", Figures.toSeconds(times.p99()));
        map.put("max_seconds", Figures.toSeconds(times.max()));
        return map;
    }
}
