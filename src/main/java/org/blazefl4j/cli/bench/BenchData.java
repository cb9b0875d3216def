package org.blazefl4j.cli.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import org.blazefl4j.lab.CaseResult;
import org.blazefl4j.lab.LabCase;
import org.blazefl4j.lab.Latencies;

/** Converts a report to maps and lists, for JSON. Times are in seconds. */
final class BenchData {

    private BenchData() {}

    static Map<String, Object> of(BenchReport report) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("blazefl4j", report.version());
        map.put("started", report.started());
        map.put("status", report.stopped() ? "stopped" : "completed");
        map.put("machine", report.machine());
        map.put("settings", report.settings());
        map.put("warnings", report.warnings());
        map.put("cases", report.results().stream().map(BenchData::of).toList());
        return map;
    }

    private static Map<String, Object> of(CaseResult result) {
        Map<String, Object> map = new LinkedHashMap<>(which(result.which()));
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
    static Map<String, Object> which(LabCase which) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("work", which.work().kind());
        map.put("size", which.work().size());
        map.put("execution_mode", which.mode().toString());
        map.put("workers", which.workers());
        map.put("clients", which.clients());
        return map;
    }

    /** Returns the percentiles by name. */
    static Map<String, Object> of(Latencies times) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("mean_seconds", Figures.toSeconds(times.mean()));
        map.put("p50_seconds", Figures.toSeconds(times.p50()));
        map.put("p90_seconds", Figures.toSeconds(times.p90()));
        map.put("p99_seconds", Figures.toSeconds(times.p99()));
        map.put("max_seconds", Figures.toSeconds(times.max()));
        return map;
    }
}
