package org.blazefl4j.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Function;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;

/** What the rounds of a run come to. Its clock starts when it is made. */
final class RunTotals implements RoundListener<Object> {

    private final long start = System.nanoTime();
    private final List<RoundReport> reports = new ArrayList<>();
    private Duration startUp;

    @Override
    public void roundStarted(int round, List<Integer> cids) {
        if (startUp == null) {
            startUp = elapsed();
        }
    }

    @Override
    public void roundFinished(RoundReport report) {
        if (reports.isEmpty()) {
            startUp = startUp.minus(report.sampling()); // a round starts, for listeners, when it has sampled
        }
        reports.add(report);
    }

    /** The number of completed rounds. */
    int rounds() {
        return reports.size();
    }

    /** For the last line of the JSON file. */
    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("rounds", rounds());
        if (!reports.isEmpty()) {
            map.putAll(last().summary());
            map.remove("round");
            map.put("best_accuracy", accuracy(best()));
            map.put("best_round", best().round() + 1);
            map.put("seconds_per_round", seconds(sum(RoundReport::total)) / rounds());
            map.put("clients_per_second", clientsPerSecond());
        }
        map.put("dropped", dropped());
        map.put("retries", retries());
        parts().forEach((name, time) -> map.put(name.replace('-', '_') + "_seconds", seconds(time)));
        map.put("total_seconds", seconds(elapsed()));
        return map;
    }

    /** For the reader: a few lines. */
    String toText() {
        StringBuilder text = new StringBuilder();
        if (!reports.isEmpty()) {
            addLine(
                    text,
                    "accuracy",
                    "%.4f (best %.4f in round %d)",
                    accuracy(last()),
                    accuracy(best()),
                    best().round() + 1);
            addLine(
                    text,
                    "a round",
                    "%.2f s, %.1f clients per second",
                    seconds(sum(RoundReport::total)) / rounds(),
                    clientsPerSecond());
        }
        if (dropped() + retries() > 0) {
            addLine(text, "failed clients", "%d trained again, %d dropped", retries(), dropped());
        }
        addLine(text, "time", "%.1f s: %s", seconds(elapsed()), shares());
        return text.toString();
    }

    private static void addLine(StringBuilder text, String name, String format, Object... values) {
        text.append(String.format("  %-14s ", name))
                .append(String.format(Locale.ROOT, format, values))
                .append(System.lineSeparator());
    }

    private String shares() {
        StringJoiner shares = new StringJoiner(", ");
        double whole = elapsed().toNanos();
        parts().forEach((name, time) ->
                shares.add(String.format(Locale.ROOT, "%s %.1f %%", name, 100 * time.toNanos() / whole)));
        return shares.toString();
    }

    /** Where the time went; {@code other} is what rounds that were not completed took, and result files. */
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

    private int dropped() {
        return reports.stream().mapToInt(report -> report.dropped().size()).sum();
    }

    private int retries() {
        return reports.stream().mapToInt(RoundReport::retries).sum();
    }

    private Duration sum(Function<RoundReport, Duration> part) {
        return reports.stream().map(part).reduce(Duration.ZERO, Duration::plus);
    }

    private double clientsPerSecond() {
        long clients = reports.stream().mapToLong(r -> r.clients().size()).sum();
        return clients / seconds(sum(RoundReport::total));
    }

    private RoundReport best() {
        RoundReport best = reports.get(0);
        for (RoundReport report : reports) {
            best = accuracy(report) > accuracy(best) ? report : best;
        }
        return best;
    }

    private RoundReport last() {
        return reports.get(rounds() - 1);
    }

    private static double accuracy(RoundReport report) {
        return (double) report.summary().get("accuracy");
    }

    private Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
