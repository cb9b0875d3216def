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
 * Ratios to baselines that were measured once, each with a tolerance, to hold a later run against. Figures without a
 * baseline are left out: they say more of the machine than of the library.
 */
final class RegressionGuard {

    private static final JSON JSON_TEXT = JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT);
    private static final double LEAST_TOLERANCE = 0.1;

    /**
     * A stored ratio.
     *
     * @param name the measurement's
     * @param moreIsBetter which way is worse
     * @param tolerance by which share of the ratio a later one may be worse
     */
    record Entry(String name, double ratio, boolean moreIsBetter, double tolerance) {

        /** The worst ratio that passes. */
        double limit() {
            return moreIsBetter ? ratio * (1 - tolerance) : ratio * (1 + tolerance);
        }

        boolean passes(Measurement measured) {
            return moreIsBetter ? measured.ratio() >= limit() : measured.ratio() <= limit();
        }
    }

    /**
     * What a run says of the stored ratios.
     *
     * @param table for a reader
     * @param regressions the names of those that are worse than they may be
     */
    record Verdict(String table, List<String> regressions) {}

    private final Map<String, Entry> entries = new TreeMap<>();

    RegressionGuard(List<Entry> entries) {
        entries.forEach(entry -> this.entries.put(entry.name(), entry));
    }

    /** Reads a file; one that is not there holds nothing. */
    static RegressionGuard read(Path file) throws IOException {
        return new RegressionGuard(
                Files.exists(file) ? JSON_TEXT.listOfFrom(Entry.class, Files.readString(file)) : List.of());
    }

    void write(Path file) throws IOException {
        Files.writeString(file, JSON_TEXT.asString(entries()) + "\n");
    }

    /** What is stored, by name. */
    List<Entry> entries() {
        return List.copyOf(entries.values());
    }

    /** Holds a run against what is stored; what is in one of the two only is told and passes. */
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
