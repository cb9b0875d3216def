package org.blazefl4j.benchmarks;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.blazefl4j.lab.Quartiles;

/**
 * Stored ratios to baselines, each with a tolerance, to compare later runs with. Figures without a baseline are left
 * out, because they say more about the machine than about the library.
 */
final class RegressionGuard {

    private static final JSON JSON_TEXT = JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT);
    private static final double LEAST_TOLERANCE = 0.1;

    /**
     * A stored ratio.
     *
     * @param name the measurement's name
     * @param moreIsBetter whether a smaller ratio is worse
     * @param tolerance the share of the ratio by which a later one may be worse
     */
    record Entry(String name, double ratio, boolean moreIsBetter, double tolerance) {

        /** Returns the worst ratio that passes. */
        double limit() {
            return moreIsBetter ? ratio * (1 - tolerance) : ratio * (1 + tolerance);
        }

        boolean passes(Measurement measured) {
            return moreIsBetter ? measured.ratio() >= limit() : measured.ratio() <= limit();
        }
    }

    /**
     * A run, compared with the stored ratios.
     *
     * @param table the comparison as a table
     * @param regressions the names of the ratios that do not pass
     */
    record Verdict(String table, List<String> regressions) {}

    private final Map<String, Entry> entries = new TreeMap<>();

    RegressionGuard(List<Entry> entries) {
        entries.forEach(entry -> this.entries.put(entry.name(), entry));
    }

    /** Reads a file; one that does not exist holds no ratios. */
    static RegressionGuard read(Path file) throws IOException {
        return new RegressionGuard(
                Files.exists(file) ? JSON_TEXT.listOfFrom(Entry.class, Files.readString(file)) : List.of());
    }

    void write(Path file) throws IOException {
        Files.writeString(file, JSON_TEXT.asString(entries()) + "\n");
    }

    /** Returns the stored ratios, by name. */
    List<Entry> entries() {
        return List.copyOf(entries.values());
    }

    /** Compares a run with the stored ratios. A figure that only one of them has is listed, and passes. */
    Verdict check(List<Measurement> run) {
        Map<String, Entry> missing = new TreeMap<>(entries);
        List<String> regressions = new ArrayList<>();
        MarkdownTable table = new MarkdownTable("benchmark", "stored", "limit", "measured", "verdict");
        for (Measurement measured : run) {
            if (!measured.hasBaseline()) {
                continue;
            }
            Entry entry = missing.remove(measured.name());
            String ratio = Figures.number(measured.ratio());
            if (entry == null) {
                table.row(measured.name(), "-", "-", ratio, "new");
                continue;
            }
            boolean passes = entry.passes(measured);
            if (!passes) {
                regressions.add(measured.name());
            }
            table.row(
                    measured.name(),
                    Figures.number(entry.ratio()),
                    Figures.number(entry.limit()),
                    ratio,
                    passes ? "passes" : "REGRESSION");
        }
        missing.values()
                .forEach(entry -> table.row(
                        entry.name(),
                        Figures.number(entry.ratio()),
                        Figures.number(entry.limit()),
                        "-",
                        "not measured"));
        return new Verdict(table.toString(), regressions);
    }

    /**
     * Stores the ratios of a run in place of those of the same name. The tolerance is twice the distance from the
     * median to the farther quartile, as a share of the median, and 0.1 at the least.
     */
    void update(List<Measurement> run) {
        for (Measurement measured : run) {
            if (measured.hasBaseline()) {
                entries.put(
                        measured.name(),
                        new Entry(measured.name(), measured.ratio(), measured.moreIsBetter(), tolerance(measured)));
            }
        }
    }

    private static double tolerance(Measurement measured) {
        Quartiles ratios = Quartiles.of(measured.ratios());
        double spread = Math.max(ratios.median() - ratios.lower(), ratios.upper() - ratios.median());
        return Math.max(LEAST_TOLERANCE, Math.ceil(200 * spread / ratios.median()) / 100);
    }
}
