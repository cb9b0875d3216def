package org.blazefl4j.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The page of one or more runs. */
public final class RunPage {

    private static final String MISSING = "–";
    private static final double MEBIBYTE = 1 << 20;
    private static final int MOST_CLIENTS = 300;
    private static final List<String> PHASES = List.of("sampling", "training", "aggregation", "evaluation");
    private static final List<String> FAILURES = List.of("dropped", "retries", "non_finite");
    private static final List<String> FAILED = List.of("dropped", "retried", "not finite");

    private final List<RunRecord> runs;
    private final List<RunGroup> groups;

    private RunPage(List<RunRecord> runs) {
        this.runs = runs;
        this.groups = RunGroup.of(runs);
    }

    /**
     * Returns the page.
     *
     * @param runs at least one
     */
    public static Page of(List<RunRecord> runs) {
        return of(runs, List.of());
    }

    /**
     * Returns the page with a summary.
     *
     * @param runs at least one
     * @param summary what comes first
     */
    public static Page of(List<RunRecord> runs, List<? extends Part> summary) {
        RunPage page = new RunPage(runs);
        List<Part> results = new ArrayList<>(summary);
        results.add(page.results());
        return new Page(page.title(), page.lead())
                .add("Results", results)
                .add("Learning", page.learning())
                .add("Clients", page.clients())
                .add("Partition", page.partitions())
                .add("Time", page.times())
                .add("Failures", page.failures())
                .add("Memory and bytes", page.resources())
                .add("Configuration", ConfigurationTables.of(runs));
    }

    private String title() {
        return runs.size() == 1 ? runs.get(0).name() : runs.size() + " runs";
    }

    private List<String> lead() {
        List<String> lead = new ArrayList<>();
        Map<String, Object> first = runs.get(0).configuration();
        Set<String> differing = RunGroup.differing(runs);
        String what = Stream.of("algorithm", "model_name", "dataset", "partition")
                .map(name -> differing.contains(name) ? null : first.get(name))
                .filter(Objects::nonNull)
                .map(Object::toString)
                .collect(Collectors.joining(", "));
        Object clients = differing.contains("num_clients") ? null : first.get("num_clients");
        String both = what + (clients == null ? "" : (what.isEmpty() ? "" : ", ") + clients + " clients");
        if (!both.isEmpty()) {
            lead.add(both);
        }
        return lead;
    }

    private Table results() {
        List<String> head = List.of(
                "run", "state", "rounds", "accuracy", "best", "loss", "time", "per round", "clients/s", "failures");
        return new Table("", head, runs.stream().map(RunPage::result).toList());
    }

    private static List<String> result(RunRecord run) {
        double[] time = run.time();
        double[] accuracy = run.column("accuracy");
        double all = time.length == 0 ? Double.NaN : time[time.length - 1];
        double trained = Arrays.stream(run.column("clients")).sum();
        return List.of(
                run.name(),
                String.valueOf(run.summary().getOrDefault("status", "not ended")),
                String.valueOf(run.rounds().size()),
                last(accuracy),
                best(run, accuracy),
                last(run.column("loss")),
                Numbers.time(all),
                Numbers.time(all / time.length),
                Numbers.text(trained / all),
                failuresOf(run));
    }

    private static String last(double[] values) {
        double[] known =
                Arrays.stream(values).filter(value -> !Double.isNaN(value)).toArray();
        return known.length == 0 ? MISSING : Numbers.text(known[known.length - 1]);
    }

    private static String best(RunRecord run, double[] accuracy) {
        int best = -1;
        for (int i = 0; i < accuracy.length; i++) {
            boolean better = best < 0 || accuracy[i] > accuracy[best];
            best = better && !Double.isNaN(accuracy[i]) ? i : best;
        }
        return best < 0
                ? MISSING
                : Numbers.text(accuracy[best]) + " in round "
                        + run.rounds().get(best).get("round");
    }

    private static String failuresOf(RunRecord run) {
        String text = IntStream.range(0, FAILURES.size())
                .filter(i -> sum(run, FAILURES.get(i)) > 0)
                .mapToObj(i -> Numbers.text(sum(run, FAILURES.get(i))) + " " + FAILED.get(i))
                .collect(Collectors.joining(", "));
        return text.isEmpty() ? "none" : text;
    }

    private static double sum(RunRecord run, String column) {
        double[] sums = RunRecord.sums(run.column(column));
        return sums.length == 0 ? 0 : sums[sums.length - 1];
    }

    private List<Part> learning() {
        List<Part> parts = new ArrayList<>();
        addFigure(parts, "accuracy", "Accuracy", "accuracy on the test samples");
        addFigure(parts, "loss", "Loss", "loss on the test samples");
        return parts;
    }

    private void addFigure(List<Part> parts, String column, String title, String axis) {
        if (has(column)) {
            Axis y = isWide(column) ? Axis.log(axis) : Axis.of(axis);
            parts.add(over(title + " over rounds", Axis.of("round"), y, run -> run.column("round"), column));
            parts.add(over(title + " over time", Axis.fromZero("seconds in rounds"), y, RunRecord::time, column));
            if (groups.size() > 1 && runs.stream().allMatch(run -> run.summary("uplink_bytes") > 0)) {
                Axis x = Axis.fromZero("MiB from clients");
                parts.add(over(title + " over bytes", x, y, RunPage::sent, column));
            }
        }
    }

    /** Returns the mebibytes that clients have sent up to and with each round, for packages of one size. */
    private static double[] sent(RunRecord run) {
        double[] clients = run.column("clients");
        double[] dropped = run.column("dropped");
        Arrays.setAll(clients, i -> clients[i] - dropped[i]);
        double[] sums = RunRecord.sums(clients);
        double each = run.summary("uplink_bytes") / MEBIBYTE / sums[sums.length - 1];
        return Arrays.stream(sums).map(sum -> sum * each).toArray();
    }

    /** Returns whether one scale would hide most of a figure, as of a loss that diverges. */
    private boolean isWide(String column) {
        double[] values = runs.stream()
                .flatMapToDouble(run -> Arrays.stream(run.column(column)))
                .filter(Double::isFinite)
                .sorted()
                .toArray();
        return values.length > 0 && values[0] > 0 && values[values.length - 1] > 1000 * values[values.length / 2];
    }

    private Chart over(String title, Axis x, Axis y, Function<RunRecord, double[]> at, String column) {
        Chart chart = Chart.lines(title, x, y).note(RunGroup.note(groups));
        groups.stream().filter(group -> group.has(column)).forEach(group -> chart.add(group.line(at, column)));
        return chart;
    }

    private boolean has(String column) {
        return groups.stream().anyMatch(group -> group.has(column));
    }

    private List<Part> clients() {
        List<Part> parts = new ArrayList<>();
        addClients(parts, "client", "clients", RunRecord::accuracies);
        addClients(parts, "unseen", "unseen clients", RunRecord::unseen);
        return parts;
    }

    private void addClients(List<Part> parts, String column, String who, Function<RunRecord, List<Double>> accuracies) {
        addSpread(parts, column + "_accuracy", "Accuracy over " + who, "accuracy on a client's own test samples");
        addSingle(parts, "Accuracy of single " + who, accuracies);
        addSpread(parts, column + "_loss", "Loss over " + who, "loss on a client's own test samples");
    }

    /** Adds how many clients are how bad, of those that were evaluated last. */
    private void addSingle(List<Part> parts, String title, Function<RunRecord, List<Double>> accuracies) {
        Chart chart = Chart.lines(
                title,
                Axis.of("accuracy on a client's own test samples"),
                Axis.fromZero("share of clients with at most this"));
        for (RunGroup group : groups) {
            double[] sorted = group.runs().stream()
                    .flatMap(run -> accuracies.apply(run).stream())
                    .mapToDouble(Double::doubleValue)
                    .filter(Double::isFinite)
                    .sorted()
                    .toArray();
            int step = 1 + sorted.length / MOST_CLIENTS;
            int[] shown = IntStream.range(0, sorted.length)
                    .filter(i -> i % step == 0 || i == sorted.length - 1)
                    .toArray();
            if (shown.length > 0) {
                chart.add(Series.line(
                        group.name(),
                        group.colour(),
                        Arrays.stream(shown).mapToDouble(i -> sorted[i]).toArray(),
                        Arrays.stream(shown)
                                .mapToDouble(i -> (i + 1.0) / sorted.length)
                                .toArray()));
            }
        }
        if (runs.stream().anyMatch(run -> !accuracies.apply(run).isEmpty())) {
            parts.add(
                    chart.note("When clients were evaluated last. A line to the right is better, a steep one fairer."));
        }
    }

    /** Adds the median of a figure, in bands of the clients around it. */
    private void addSpread(List<Part> parts, String column, String title, String axis) {
        if (!has(column)) {
            return;
        }
        Chart chart = Chart.lines(title, Axis.of("round"), Axis.of(axis));
        if (!has(column + "_p50")) {
            groups.stream().filter(each -> each.has(column)).forEach(each -> chart.add(each.line(round(), column)));
            parts.add(chart.note("Lines: the mean over clients."));
            return;
        }
        if (groups.size() == 1) {
            RunGroup group = groups.get(0);
            chart.add(named(group, "lowest to highest", column + "_p50", Series.NEUTRAL, column + "_min", "_max"));
            chart.add(named(group, "median, 10th to 90th percentile", column + "_p50", 0, column + "_p10", "_p90"));
            chart.add(named(group, "mean of the worst tenth", column + "_worst10", 1, "", "")
                    .asDashed());
            parts.add(chart.note("Bands hold all clients, and the middle 80 percent of them."));
        } else {
            groups.stream()
                    .filter(each -> each.has(column))
                    .forEach(each -> chart.add(
                            named(each, each.name(), column + "_p50", each.colour(), column + "_p10", "_p90")));
            parts.add(chart.note("Lines: the median client. Bands: the middle 80 percent of the clients."));
        }
    }

    private static Function<RunRecord, double[]> round() {
        return run -> run.column("round");
    }

    private static Series named(RunGroup group, String name, String column, int colour, String low, String high) {
        Series middle = group.line(round(), column);
        Series line = Series.line(name, colour, middle.x(), middle.y());
        if (low.isEmpty()) {
            return line;
        }
        String stem = low.replaceFirst("_[^_]*$", "");
        return line.withBand(
                group.line(round(), low).y(), group.line(round(), stem + high).y());
    }

    private List<Part> partitions() {
        Map<Partition, Set<String>> partitions = new LinkedHashMap<>();
        runs.forEach(run -> run.partition()
                .ifPresent(partition -> partitions
                        .computeIfAbsent(partition, p -> new LinkedHashSet<>())
                        .add(run.name())));
        List<Part> parts = new ArrayList<>();
        partitions.forEach((partition, names) -> {
            List<Part> shown = PartitionPage.parts(
                    partition,
                    "Samples of the clients" + (partitions.size() == 1 ? "" : ": " + String.join(", ", names)));
            if (parts.isEmpty()) {
                parts.addAll(shown);
            } else {
                parts.add(new Details("Partition of " + String.join(", ", names), shown));
            }
        });
        List<String> without = runs.stream()
                .filter(run -> run.partition().isEmpty() && run.configuration().containsKey("num_clients"))
                .map(RunRecord::name)
                .toList();
        if (!without.isEmpty()) {
            parts.add(new Text("Not recorded for " + String.join(", ", without)
                    + ": clients times classes is above 1,000,000, or an older version ran."));
        }
        return parts;
    }

    private List<Part> times() {
        List<Part> parts = new ArrayList<>();
        if (!has("total_seconds")) {
            return parts;
        }
        List<String> names = groups.stream().map(RunGroup::name).toList();
        Chart bars = Chart.bars("Time per phase", Axis.fromZero("seconds per round, mean"), names);
        for (int i = 0; i < PHASES.size(); i++) {
            String column = PHASES.get(i) + "_seconds";
            bars.add(Series.values(
                    PHASES.get(i),
                    i,
                    groups.stream()
                            .mapToDouble(group -> group.mean(run -> mean(run, column)))
                            .toArray()));
        }
        parts.add(bars);
        parts.add(over("Time of each round", Axis.of("round"), Axis.fromZero("seconds"), round(), "total_seconds"));
        return parts;
    }

    private static double mean(RunRecord run, String column) {
        return Arrays.stream(run.column(column)).average().orElse(Double.NaN);
    }

    private List<Part> failures() {
        List<Part> parts = new ArrayList<>();
        for (int i = 0; i < FAILURES.size(); i++) {
            String column = FAILURES.get(i);
            if (runs.stream().anyMatch(run -> sum(run, column) > 0)) {
                String title = "Clients " + FAILED.get(i);
                Chart chart = Chart.lines(
                        title, Axis.of("round"), Axis.fromZero(title.toLowerCase(Locale.ROOT) + ", up to the round"));
                groups.forEach(group -> chart.add(group.line(round(), run -> RunRecord.sums(run.column(column)))));
                parts.add(chart.note(RunGroup.note(groups)));
            }
        }
        boolean known = runs.stream().anyMatch(run -> run.has("dropped"));
        return parts.isEmpty() && known
                ? List.of(new Text("No client was dropped or retried, and all results were finite."))
                : parts;
    }

    private List<Part> resources() {
        List<Part> parts = new ArrayList<>();
        List<String> names = groups.stream().map(RunGroup::name).toList();
        double[] parent = figure(run -> run.summary("peak_memory_parent_bytes"));
        if (Arrays.stream(parent).anyMatch(bytes -> bytes > 0)) {
            parts.add(Chart.bars("Peak memory", Axis.fromZero("MiB"), names)
                    .add(Series.values("parent", 0, parent))
                    .add(Series.values("workers, sum", 1, figure(RunPage::memoryOfWorkers)))
                    .note("The peak of each process, which they need not reach at the same time."));
        }
        double[] up = figure(run -> run.summary("uplink_bytes"));
        if (Arrays.stream(up).anyMatch(bytes -> bytes > 0)) {
            parts.add(Chart.bars("Bytes from clients", Axis.fromZero("MiB, all rounds"), names)
                    .add(Series.values("from clients", 2, up))
                    .note("The tensors of all packages that the server loaded."));
        }
        return parts;
    }

    private double[] figure(Function<RunRecord, Double> bytes) {
        return groups.stream()
                .mapToDouble(group -> group.mean(bytes) / MEBIBYTE)
                .toArray();
    }

    private static double memoryOfWorkers(RunRecord run) {
        return run.summary().get("peak_memory_workers_bytes") instanceof List<?> workers
                ? workers.stream()
                        .mapToDouble(each -> each instanceof Number bytes ? bytes.doubleValue() : 0)
                        .sum()
                : Double.NaN;
    }
}
