package org.blazefl4j.core;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The user's own columns of a round's summary; the same in every round. */
final class OwnColumns {

    /** The columns of every result file, and the key for the kind of a JSON line. */
    static final Set<String> TAKEN = Set.of(
            "round",
            "clients",
            "dropped",
            "retries",
            "non_finite",
            "sampling_seconds",
            "training_seconds",
            "aggregation_seconds",
            "evaluation_seconds",
            "total_seconds",
            "type");

    private final List<Function<? super RoundReport, ? extends Map<String, ?>>> sources = new CopyOnWriteArrayList<>();
    /** The names of the first round. */
    private @Nullable Set<String> names;

    void add(Function<? super RoundReport, ? extends Map<String, ?>> source) {
        sources.add(source);
    }

    /**
     * Returns the report with these columns after those of its summary.
     *
     * @throws IllegalArgumentException if one is invalid, or they differ from those of the first round
     */
    RoundReport addTo(RoundReport report) {
        if (sources.isEmpty()) {
            return report;
        }
        Map<String, Object> own = new LinkedHashMap<>();
        for (var source : sources) {
            source.apply(report).forEach((name, value) -> put(own, name, value, report));
        }
        if (names == null) {
            names = Set.copyOf(own.keySet());
        }
        if (!names.equals(own.keySet())) {
            throw new IllegalArgumentException("columns changed: round=" + (report.round() + 1) + ", columns="
                    + List.copyOf(own.keySet()) + ", expected="
                    + names.stream().sorted().toList()
                    + " as in the first round; give NaN where there is no figure");
        }
        Map<String, Object> summary = new LinkedHashMap<>(report.summary());
        summary.putAll(own);
        return report.withSummary(summary);
    }

    private static void put(Map<String, Object> own, String name, Object value, RoundReport report) {
        if (name == null
                || name.isBlank()
                || TAKEN.contains(name)
                || report.summary().containsKey(name)) {
            throw new IllegalArgumentException("column's name is taken: column=" + name
                    + ", expected=one that neither the handler's summary nor every result file has; choose another");
        }
        if (!(value instanceof Number || value instanceof String || value instanceof Boolean)) {
            throw new IllegalArgumentException("column without a figure: column=" + name + ", value=" + value
                    + ", expected=a number, a text or a boolean; give NaN where there is none");
        }
        if (own.put(name, value) != null) {
            throw new IllegalArgumentException(
                    "column's name is taken: column=" + name + ", expected=each column once; choose another");
        }
    }
}
