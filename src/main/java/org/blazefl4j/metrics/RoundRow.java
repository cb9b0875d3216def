package org.blazefl4j.metrics;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.blazefl4j.core.RoundReport;

/** A round as named values, in the order of all result files. */
final class RoundRow {

    private RoundRow() {}

    /** Returns the round from 1, the handler's summary, the numbers of clients and failures, and the times. */
    static Map<String, Object> of(RoundReport report) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("round", report.round() + 1);
        report.summary().forEach(row::putIfAbsent);
        row.put("clients", report.clients().size());
        row.put("dropped", report.dropped().size());
        row.put("retries", report.retries());
        row.put("non_finite", report.nonFinite().size());
        row.put("sampling_seconds", seconds(report.sampling()));
        row.put("training_seconds", seconds(report.training()));
        row.put("aggregation_seconds", seconds(report.aggregation()));
        row.put("evaluation_seconds", seconds(report.evaluation()));
        row.put("total_seconds", seconds(report.total()));
        return row;
    }

    static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
