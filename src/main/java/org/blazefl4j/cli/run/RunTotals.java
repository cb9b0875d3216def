package org.blazefl4j.cli.run;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.ClientTrainer.PeakMemory;
import org.blazefl4j.core.PhaseTimes;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.core.StopRule;
import org.blazefl4j.metrics.ConsoleMetrics;
import org.blazefl4j.util.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * Totals over the rounds of a run, including those before it was resumed. Times are of this process only, from the
 * creation of this object.
 */
final class RunTotals implements RoundListener<Object>, Checkpointable {

    private static final String ROUNDS = "rounds";
    private static final String NON_FINITE = "non_finite";
    private static final String UPLINK = "uplink_bytes";

    private final List<StopRule> rules;
    private final long start = System.nanoTime();
    private PhaseTimes phases = PhaseTimes.NONE;
    private int measured;
    private long clients;
    private @Nullable Duration startUp;
    private PeakMemory memory = PeakMemory.UNKNOWN;
    private Rounds all = Rounds.NONE;
    private NonFinite nonFinite = NonFinite.NONE;
    private long uplinkBytes;
    private long roundBytes;
    private Optional<String> stopReason = Optional.empty();

    /** Counts from now; saves rules that may end the run among the totals. */
    RunTotals(List<StopRule> rules) {
        this.rules = rules;
    }

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
            boolean better = report.evaluated() && (accuracy > bestAccuracy || best == 0);
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
        roundBytes = 0;
        if (startUp == null) {
            startUp = elapsed();
        }
    }

    @Override
    public void clientLoaded(int round, Object uplink) {
        for (TensorWalk.Found found : TensorWalk.tensors(uplink)) {
            roundBytes += found.tensor().nbytes();
        }
    }

    @Override
    public void roundFinished(RoundReport report) {
        if (measured == 0 && startUp != null) {
            startUp = startUp.minus(report.sampling()); // listeners are told of a round after its sampling
        }
        measured++;
        uplinkBytes += roundBytes;
        clients += report.clients().size();
        phases = phases.plus(report.phases());
        all = all.plus(report);
        nonFinite = nonFinite.plus(report);
    }

    @Override
    public void save(CheckpointWriter out) {
        out.put(ROUNDS, all);
        out.put(NON_FINITE, nonFinite);
        out.put(UPLINK, uplinkBytes);
        rules.forEach(rule -> rule.save(out));
    }

    @Override
    public void restore(CheckpointReader in) {
        all = in.get(ROUNDS, Rounds.class);
        nonFinite = in.names().contains(NON_FINITE) ? in.get(NON_FINITE, NonFinite.class) : NonFinite.NONE;
        uplinkBytes = in.names().contains(UPLINK) ? in.get(UPLINK, Long.class) : 0;
        rules.forEach(rule -> rule.restore(in));
    }

    @Override
    public void runFinished(Simulation.Summary summary) {
        stopReason = summary.stopReason();
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
        stopReason.ifPresent(reason -> map.put("stop_reason", reason));
        if (rounds() > 0) {
            map.putAll(all.last());
            map.remove("round");
            map.put("best_accuracy", all.bestAccuracy());
            map.put("best_round", all.best());
        }
        if (measured > 0) {
            map.put("seconds_per_round", secondsPerRound());
            map.put("clients_per_second", clientsPerSecond());
        }
        map.put("dropped", all.dropped());
        map.put("retries", all.retries());
        map.put("non_finite", nonFinite.results());
        map.put(UPLINK, uplinkBytes);
        map.put("first_non_finite_round", nonFinite.firstRound() == 0 ? null : nonFinite.firstRound());
        parts().forEach((name, time) -> map.put(name.replace('-', '_') + "_seconds", seconds(time)));
        map.put("total_seconds", seconds(elapsed()));
        map.put("peak_memory_parent_bytes", memory.parent());
        map.put("peak_memory_workers_bytes", memory.workers());
        return map;
    }

    /** Returns a few lines for people. */
    String toText() {
        Map<String, String> lines = new LinkedHashMap<>();
        stopReason.ifPresent(reason -> lines.put("ended early", reason));
        if (rounds() > 0) {
            String best = format("best %.4f in round %d", all.bestAccuracy(), all.best());
            double last = accuracy(all.last());
            String text = all.last().containsKey("accuracy") ? format("%.4f", last) : "not evaluated";
            lines.put("accuracy", text + " (" + best + ")");
        }
        addClients(lines, "clients", "client_accuracy");
        addClients(lines, "unseen clients", "unseen_accuracy");
        if (measured > 0) {
            lines.put("a round", format("%.2f s, %.1f clients per second", secondsPerRound(), clientsPerSecond()));
        }
        if (all.dropped() + all.retries() > 0) {
            lines.put("failed clients", all.retries() + " recovered by retries, " + all.dropped() + " dropped");
        }
        if (nonFinite.firstRound() > 0) {
            String first = "first NaN or infinity in round " + nonFinite.firstRound();
            lines.put("not finite", nonFinite.results() + " client results; " + first);
        }
        lines.put("time", format("%.1f s: %s", seconds(elapsed()), shares()));
        if (memory.parent() > 0) {
            String parent = Bytes.text(memory.parent());
            String workers = memory.workers().stream().map(Bytes::text).collect(Collectors.joining(", "));
            lines.put("peak memory", workers.isEmpty() ? parent : "parent " + parent + ", workers " + workers);
        }
        StringBuilder text = new StringBuilder();
        lines.forEach((name, value) -> addLine(text, name, value));
        return text.toString();
    }

    /** Adds a line on the spread of a figure if the last round has it. */
    private void addClients(Map<String, String> lines, String name, String column) {
        double worst = figure(column + "_worst10");
        if (!Double.isNaN(worst)) {
            String spread = format("deviation %.4f, worst tenth %.4f", figure(column + "_std"), worst);
            lines.put(name, format("accuracy %.4f (%s)", figure(column), spread));
        }
    }

    /** Adds a line; wraps it after a comma if it is too long for a terminal. */
    private static void addLine(StringBuilder text, String name, String value) {
        String line = format("  %-14s ", name);
        String indent = " ".repeat(line.length());
        for (String part : value.split("(?<=, )")) {
            if (line.length() + part.stripTrailing().length() > ConsoleMetrics.USUAL_COLUMNS) {
                text.append(line.stripTrailing()).append(System.lineSeparator());
                line = indent;
            }
            line += part;
        }
        text.append(line).append(System.lineSeparator());
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    private String shares() {
        StringJoiner shares = new StringJoiner(", ");
        double whole = elapsed().toNanos();
        parts().forEach((name, time) -> shares.add(format("%s %.1f %%", name, 100 * time.toNanos() / whole)));
        return shares.toString();
    }

    /** Returns where the time went; {@code other} is the time of incomplete rounds and result files. */
    private Map<String, Duration> parts() {
        Duration before = startUp == null ? elapsed() : startUp;
        Map<String, Duration> parts = new LinkedHashMap<>();
        parts.put("start-up", before);
        parts.put("sampling", phases.of(Phase.SAMPLE));
        parts.put("training", phases.training());
        parts.put("aggregation", phases.of(Phase.AGGREGATE));
        parts.put("evaluation", phases.of(Phase.EVALUATE));
        parts.put("other", elapsed().minus(before).minus(phases.total()));
        return parts;
    }

    private double clientsPerSecond() {
        return clients / seconds(phases.total());
    }

    private double secondsPerRound() {
        return seconds(phases.total()) / measured;
    }

    /** Returns a figure of the last round; NaN if there is none. */
    private double figure(String name) {
        return all.last().get(name) instanceof Double figure ? figure : Double.NaN;
    }

    private static double accuracy(Map<String, Object> summary) {
        return summary.get("accuracy") instanceof Double accuracy ? accuracy : Double.NaN;
    }

    private Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
