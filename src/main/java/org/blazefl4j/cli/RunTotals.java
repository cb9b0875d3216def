package org.blazefl4j.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;

/** What all rounds of a run come to. */
final class RunTotals implements RoundListener<Object> {

    private final long start = System.nanoTime();
    private final List<RoundReport> reports = new ArrayList<>();

    @Override
    public void roundFinished(RoundReport report) {
        reports.add(report);
    }

    int rounds() {
        return reports.size();
    }

    /** For the last line of the JSON file. */
    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("rounds", rounds());
        map.put("seconds", seconds(wall()));
        if (!reports.isEmpty()) {
            last().summary().forEach((name, value) -> map.putIfAbsent("last_" + name, value));
            map.put("best_accuracy", accuracy(best()));
            map.put("clients_per_second", clientsPerSecond());
            shares().forEach((name, time) -> map.put(name + "_seconds", seconds(time)));
        }
        return map;
    }

    /** For the reader, several lines. */
    String toText() {
        if (reports.isEmpty()) {
            return String.format(Locale.ROOT, "no round was completed in %.1f s%n", seconds(wall()));
        }
        RoundReport best = best();
        StringBuilder text = new StringBuilder();
        text.append(format(
                "accuracy",
                "%.4f after %d rounds (best %.4f in round %d)",
                accuracy(last()),
                rounds(),
                accuracy(best),
                best.round() + 1));
        text.append(format("time", "%.1f s, %.2f s per round", seconds(wall()), seconds(wall()) / rounds()));
        text.append(format("clients", "%.1f per second", clientsPerSecond()));
        text.append(format("where it went", "%s", shareText()));
        return text.toString();
    }

    private static String format(String name, String format, Object... values) {
        return String.format(Locale.ROOT, "  %-14s %s%n", name, String.format(Locale.ROOT, format, values));
    }

    private String shareText() {
        List<String> parts = new ArrayList<>();
        double whole = wall().toNanos();
        shares().forEach((name, time) ->
                parts.add(String.format(Locale.ROOT, "%s %.1f %%", name, 100 * time.toNanos() / whole)));
        return String.join(", ", parts);
    }

    /** The wall time in parts; what no round accounts for is {@code other}: start-up and result files. */
    private Map<String, Duration> shares() {
        Map<String, Duration> shares = new LinkedHashMap<>();
        shares.put("training", sum(RoundReport::training));
        shares.put("aggregation", sum(RoundReport::aggregation));
        shares.put("evaluation", sum(RoundReport::evaluation));
        shares.put("other", wall().minus(sum(RoundReport::total)).plus(sum(RoundReport::sampling)));
        return shares;
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

    private Duration wall() {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
