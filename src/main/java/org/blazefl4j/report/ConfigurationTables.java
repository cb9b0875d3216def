package org.blazefl4j.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The configurations of runs, and what differs between them. */
final class ConfigurationTables {

    private static final String MISSING = "–";

    private ConfigurationTables() {}

    /** Returns what differs and what does not; empty if no run has a configuration. */
    static List<Part> of(List<RunRecord> runs) {
        List<RunRecord> recorded =
                runs.stream().filter(run -> !run.configuration().isEmpty()).toList();
        if (recorded.isEmpty()) {
            return List.of();
        }
        Set<String> differing = RunGroup.differing(recorded);
        Set<String> seeds = recorded.stream()
                .map(run -> String.valueOf(run.configuration().get("seed")))
                .collect(Collectors.toSet());
        if (seeds.size() > 1) {
            differing.add("seed");
        }
        List<Part> parts = new ArrayList<>();
        if (recorded.size() > 1) {
            parts.add(
                    differing.isEmpty()
                            ? new Text("The configurations are the same.")
                            : table("What differs", differing, recorded));
        }
        RunRecord first = recorded.get(0);
        Set<String> same = new LinkedHashSet<>(everything(first).keySet());
        same.removeAll(differing);
        Set<String> environment = new LinkedHashSet<>(same);
        same.retainAll(first.configuration().keySet());
        environment.removeAll(same);
        Table options = table("", same, List.of(first));
        parts.add(recorded.size() == 1 ? options : new Details("What is the same", options));
        if (!environment.isEmpty()) {
            parts.add(new Details("Environment", table("", environment, List.of(first))));
        }
        return parts;
    }

    private static Map<String, Object> everything(RunRecord run) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.putAll(RunGroup.conditions(run));
        map.put("seed", run.configuration().get("seed"));
        return map;
    }

    /** Has a row per setting, or per run if there are more of them. */
    private static Table table(String caption, Set<String> names, List<RunRecord> runs) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(Stream.concat(Stream.of("setting"), runs.stream().map(RunRecord::name))
                .toList());
        for (String name : names) {
            rows.add(Stream.concat(
                            Stream.of(name),
                            runs.stream()
                                    .map(run -> everything(run).get(name))
                                    .map(value -> value == null ? MISSING : value.toString()))
                    .toList());
        }
        List<List<String>> shown = runs.size() > names.size() ? transposed(rows) : rows;
        return new Table(caption, shown.get(0), shown.subList(1, shown.size()));
    }

    private static List<List<String>> transposed(List<List<String>> rows) {
        return IntStream.range(0, rows.get(0).size())
                .mapToObj(i -> rows.stream().map(row -> row.get(i)).toList())
                .toList();
    }
}
