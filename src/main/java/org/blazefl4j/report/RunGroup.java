package org.blazefl4j.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Runs that differ in their seeds alone. Each figure is their mean, in a band from the lowest to the highest.
 *
 * @param colour the number of the group's colour
 * @param points the largest number of points of a line; rounds of longer runs are left out
 * @param runs at least one
 */
record RunGroup(String name, int colour, int points, List<RunRecord> runs) {

    private static final int MOST_POINTS = 600;

    /** Of many lines each has fewer points, down to a tenth. */
    private static final int MOST_POINTS_OF_ALL = 6000;

    private static final int LONGEST_NAME = 60;

    /** Settings whose values need no name beside them. */
    private static final Set<String> SPEAKING = Set.of("algorithm", "model_name", "dataset", "partition");

    /** What tells seeds and times of one experiment apart, not experiments. */
    private static final Set<String> NO_CONDITIONS = Set.of("seed", "started");

    /** Returns the groups of runs, named by what differs. Runs without a configuration are alone. */
    static List<RunGroup> of(List<RunRecord> runs) {
        Map<Object, List<RunRecord>> groups = runs.stream()
                .collect(Collectors.groupingBy(
                        run -> run.configuration().isEmpty() ? run.name() : conditions(run),
                        LinkedHashMap::new,
                        Collectors.toList()));
        List<List<RunRecord>> all = List.copyOf(groups.values());
        Set<String> differing = differing(all.stream().map(each -> each.get(0)).toList());
        List<RunGroup> named = new ArrayList<>();
        Set<String> names = new LinkedHashSet<>();
        for (List<RunRecord> group : all) {
            String name = name(group, differing);
            names.add(names.contains(name) ? group.get(0).name() : name);
            int points = Math.max(MOST_POINTS / 10, Math.min(MOST_POINTS, MOST_POINTS_OF_ALL / all.size()));
            named.add(new RunGroup(names.stream().reduce((a, b) -> b).orElseThrow(), named.size(), points, group));
        }
        return named;
    }

    /** Returns a configuration without what tells seeds apart; the environment's values beside the options. */
    static Map<String, Object> conditions(RunRecord run) {
        Map<String, Object> conditions = new LinkedHashMap<>();
        run.configuration().forEach((name, value) -> {
            if (value instanceof Map<?, ?> parts) {
                parts.forEach((part, content) -> conditions.put(String.valueOf(part), content));
            } else if (!NO_CONDITIONS.contains(name)) {
                conditions.put(name, value);
            }
        });
        return conditions;
    }

    /** Returns the conditions that are not the same in all runs. */
    static Set<String> differing(List<RunRecord> runs) {
        List<Map<String, Object>> all = runs.stream().map(RunGroup::conditions).toList();
        return all.stream()
                .flatMap(each -> each.keySet().stream())
                .filter(name ->
                        all.stream().map(each -> each.get(name)).distinct().count() > 1)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private static String name(List<RunRecord> group, Set<String> differing) {
        RunRecord first = group.get(0);
        String settings = differing.stream()
                .filter(name -> conditions(first).containsKey(name))
                .map(name -> (SPEAKING.contains(name) ? "" : name.replace('_', ' ') + " ")
                        + conditions(first).get(name))
                .collect(Collectors.joining(", "));
        boolean telling = !settings.isEmpty() && settings.length() <= LONGEST_NAME;
        if (!telling) {
            return group.size() == 1 ? first.name() : first.name() + " and " + (group.size() - 1) + " more";
        }
        return settings;
    }

    /** Returns the rounds that all runs have. */
    private int[] rounds() {
        Set<Integer> common = new TreeSet<>();
        Arrays.stream(runs.get(0).column("round")).forEach(round -> common.add((int) round));
        runs.forEach(run -> common.retainAll(Arrays.stream(run.column("round"))
                .mapToObj(round -> (int) round)
                .collect(Collectors.toSet())));
        return common.stream().mapToInt(Integer::intValue).toArray();
    }

    private int step(int found) {
        return Math.max(1, (found + points - 1) / points);
    }

    /** Says which rounds charts show, if not all. */
    static String note(List<RunGroup> groups) {
        int step = groups.stream()
                .flatMapToInt(group -> group.runs.stream()
                        .mapToInt(run -> group.step(run.rounds().size())))
                .max()
                .orElse(1);
        boolean bands = groups.stream().anyMatch(group -> group.runs.size() > 1);
        String text = bands ? "Lines: the mean over seeds. Bands: from the lowest to the highest seed. " : "";
        return step > 1 ? text + "Long runs: every " + step + "th round." : text.strip();
    }

    /**
     * Returns a line over rounds or time.
     *
     * @param x where the points of a run are, a value for each of its rounds
     * @param y their values
     */
    Series line(Function<RunRecord, double[]> x, Function<RunRecord, double[]> y) {
        int[] rounds = rounds();
        List<double[]> xs =
                runs.stream().map(run -> at(run, rounds, x.apply(run))).toList();
        List<double[]> ys =
                runs.stream().map(run -> at(run, rounds, y.apply(run))).toList();
        int[] shown = thinned(IntStream.range(0, rounds.length)
                .filter(i -> ys.stream().anyMatch(values -> !Double.isNaN(values[i])))
                .toArray());
        Series line = Series.line(
                name, colour, over(xs, shown, DoubleStream::average), over(ys, shown, DoubleStream::average));
        return runs.size() == 1
                ? line
                : line.withBand(over(ys, shown, DoubleStream::min), over(ys, shown, DoubleStream::max));
    }

    private int[] thinned(int[] positions) {
        int step = step(positions.length);
        return IntStream.range(0, positions.length)
                .filter(i -> i % step == 0 || i == positions.length - 1)
                .map(i -> positions[i])
                .toArray();
    }

    Series line(Function<RunRecord, double[]> x, String column) {
        return line(x, run -> run.column(column));
    }

    private static double[] at(RunRecord run, int[] rounds, double[] values) {
        double[] all = run.column("round");
        Map<Integer, Double> byRound = new LinkedHashMap<>();
        for (int i = 0; i < all.length; i++) {
            byRound.put((int) all[i], values[i]);
        }
        return Arrays.stream(rounds)
                .mapToDouble(round -> Objects.requireNonNull(byRound.get(round), "round"))
                .toArray();
    }

    private static double[] over(List<double[]> runs, int[] positions, Function<DoubleStream, OptionalDouble> of) {
        return Arrays.stream(positions)
                .mapToDouble(i ->
                        of.apply(runs.stream().mapToDouble(values -> values[i])).orElse(Double.NaN))
                .toArray();
    }

    /** Returns the mean of a figure over the runs that have it; NaN if none has. */
    double mean(Function<RunRecord, Double> figure) {
        return runs.stream()
                .mapToDouble(figure::apply)
                .filter(Double::isFinite)
                .average()
                .orElse(Double.NaN);
    }

    boolean has(String column) {
        return runs.stream().anyMatch(run -> run.has(column));
    }
}
