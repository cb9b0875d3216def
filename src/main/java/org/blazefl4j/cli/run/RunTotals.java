package org.blazefl4j.cli.run;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.StringJoiner;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.blazefl4j.cli.console.Bytes;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.PeakMemory;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.metrics.ConsoleMetrics;
import org.jspecify.annotations.Nullable;

/**
 * Totals over the rounds of a run, including those before it was resumed. Times are of this process only, from the
 * creation of this object.
 */
final class RunTotals implements RoundListener<Object>, Checkpointable {

    private static final String ROUNDS = "rounds";
    private static final String NON_FINITE = "non_finite";

    private final long start = System.nanoTime();
    private final List<RoundReport> reports = new ArrayList<>();
    private @Nullable Duration startUp;
    private PeakMemory memory = PeakMemory.UNKNOWN;
    private Rounds all = Rounds.NONE;
    private NonFinite nonFinite = NonFinite.NONE;

    /**
     * A summary of the completed rounds.
     *
     * @param last the handler's summary after the last round
     * @param best the round with the best accuracy, from 1; 0 if there is none
     */
    private record Rounds(
            int count, Map<String, Object> last, int best, double bestAccuracy, int dropped, int retries) {

        static final Rounds NONE = new Rounds(0, Map.of(), 0, Double.NEGATIVE_INFINITY, 0, 0);

        Rounds plus(RoundReport report) {
            double accuracy = accuracy(report.summary());
            boolean better = accuracy > bestAccuracy || best == 0;
            return new Rounds(
                    count + 1,
                    report.summary(),
                    better ? report.round() + 1 : best,
                    better ? accuracy : bestAccuracy,
                    dropped + report.dropped().size(),
                    retries + report.retries());
        }
    }

    /**
     * Counts what was not finite. Saved separately, because checkpoints of earlier versions lack it.
     *
     * @param results the number of clients' results
     * @param firstRound the first round with such a result or server loss, from 1; 0 if there is none
     */
    private record NonFinite(int results, int firstRound) {

        static final NonFinite NONE = new NonFinite(0, 0);

        NonFinite plus(RoundReport report) {
            int now = report.nonFinite().size();
            boolean first = firstRound == 0 && (now > 0 || isDiverged(report.summary()));
            return new NonFinite(results + now, first ? report.round() + 1 : firstRound);
        }

        private static boolean isDiverged(Map<String, Object> summary) {
            return summary.get("loss") instanceof Double loss && !Double.isFinite(loss);
        }
    }

    @Override
    public void roundStarted(int round, List<Integer> cids) {
        if (startUp == null) {
            startUp = elapsed();
        }
    }

    @Override
    public void roundFinished(RoundReport report) {
        if (reports.isEmpty() && startUp != null) {
            startUp = startUp.minus(report.sampling()); // listeners are told of a round after its sampling
        }
        reports.add(report);
        all = all.plus(report);
        nonFinite = nonFinite.plus(report);
    }

    @Override
    public void save(CheckpointWriter out) {
        out.put(ROUNDS, all);
        out.put(NON_FINITE, nonFinite);
    }

    @Override
    public void restore(CheckpointReader in) {
        all = in.get(ROUNDS, Rounds.class);
        nonFinite = in.names().contains(NON_FINITE) ? in.get(NON_FINITE, NonFinite.class) : NonFinite.NONE;
    }

    void ended(PeakMemory peak) {
        memory = peak;
    }

    /** Returns the number of completed rounds. */
    int rounds() {
        return all.count();
    }

    /** Returns the values of the last line of the JSON file. */
    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("rounds", rounds());
        if (rounds() > 0) {
            map.putAll(all.last());
            map.remove("round");
            map.put("best_accuracy", all.bestAccuracy());
            map.put("best_round", all.best());
        }
        if (!reports.isEmpty()) {
            map.put("seconds_per_round", secondsPerRound());
            map.put("clients_per_second", clientsPerSecond());
        }
        map.put("dropped", all.dropped());
        map.put("retries", all.retries());
        map.put("non_finite", nonFinite.results());
        map.put("first_non_finite_round", nonFinite.firstRound() == 0 ? null : nonFinite.firstRound());
        parts().forEach((name, time) -> map.put(name.replace('-', '_') + "_seconds", seconds(time)));
        map.put("total_seconds", seconds(elapsed()));
        map.put("peak_memory_parent_bytes", memory.parent());
        map.put("peak_memory_workers_bytes", memory.workers());
        return map;
    }

    /** Returns a few lines for people. */
    String toText() {
        StringBuilder text = new StringBuilder();
        if (rounds() > 0) {
            addLine(
                    text,
                    "accuracy",
                    "%.4f (best %.4f in round %d)",
                    accuracy(all.last()),
                    all.bestAccuracy(),
                    all.best());
        }
        if (!reports.isEmpty()) {
            addLine(text, "a round", "%.2f s, %.1f clients per second", secondsPerRound(), clientsPerSecond());
        }
        if (all.dropped() + all.retries() > 0) {
            addLine(text, "failed clients", "%d recovered by retries, %d dropped", all.retries(), all.dropped());
        }
        if (nonFinite.firstRound() > 0) {
            addLine(
                    text,
                    "not finite",
                    "%d client results; first NaN or infinity in round %d",
                    nonFinite.results(),
                    nonFinite.firstRound());
        }
        addLine(text, "time", "%.1f s: %s", seconds(elapsed()), shares());
        if (memory.parent() > 0) {
            String parent = Bytes.text(memory.parent());
            String workers = memory.workers().stream().map(Bytes::text).collect(Collectors.joining(", "));
            addLine(
                    text,
                    "peak memory",
                    "%s",
                    workers.isEmpty() ? parent : "parent " + parent + ", workers " + workers);
        }
        return text.toString();
    }

    /** Adds a line; wraps it after a comma if it is too long for a terminal. */
    private static void addLine(StringBuilder text, String name, String format, Object... values) {
        String line = String.format(Locale.ROOT, "  %-14s ", name);
        String indent = " ".repeat(line.length());
        for (String part : String.format(Locale.ROOT, format, values).split("(?<=, )")) {
            if (line.length() + part.stripTrailing().length() > ConsoleMetrics.USUAL_COLUMNS) {
                text.append(line.stripTrailing()).append(System.lineSeparator());
                line = indent;
            }
            line += part;
        }
        text.append(line).append(System.lineSeparator());
    }

    private String shares() {
        StringJoiner shares = new StringJoiner(", ");
        double whole = elapsed().toNanos();
        parts().forEach((name, time) ->
                shares.add(String.format(Locale.ROOT, "%s %.1f %%", name, 100 * time.toNanos() / whole)));
        return shares.toString();
    }

    /** Returns where the time went; {@code other} is the time of incomplete rounds and result files. */
    private Map<String, Duration> parts() {
        Duration before = startUp == null ? elapsed() : startUp;
        Map<String, Duration> parts = new LinkedHashMap<>();
        parts.put("start-up", before);
        parts.put("sampling", sum(RoundReport::sampling));
        parts.put("training", sum(RoundReport::training));
        parts.put("aggregation", sum(RoundReport::aggregation));
        parts.put("evaluation", sum(RoundReport::evaluation));
        parts.put("other", elapsed().minus(before).minus(sum(RoundReport::total)));
        return parts;
    }

    private Duration sum(Function<RoundReport, Duration> part) {
        return reports.stream().map(part).reduce(Duration.ZERO, Duration::plus);
    }

    private double clientsPerSecond() {
        long clients = reports.stream().mapToLong(r -> r.clients().size()).sum();
        return clients / seconds(sum(RoundReport::total));
    }

    private double secondsPerRound() {
        return seconds(sum(RoundReport::total)) / reports.size();
    }

    private static double accuracy(Map<String, Object> summary) {
        return (double) Objects.requireNonNull(summary.get("accuracy"), "accuracy");
    }

    private Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
