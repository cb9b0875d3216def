package org.blazefl4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;

/** Makes reports of files that benchmarks have written. */
final class Reports {

    private Reports() {}

    /**
     * Writes a page, and all measurements to a file beside it.
     *
     * @param args {@code <commit> <page without suffix> <file.json> ...}
     */
    static void page(List<String> args) throws IOException {
        List<Measurement> measured = readAll(args.subList(2, args.size()));
        Path page = Path.of(args.get(1) + ".md");
        MeasurementFile.write(Path.of(args.get(1) + ".json"), measured);
        Files.writeString(page, ResultsPage.text(LocalDate.now(), Host.describe(args.get(0)), measured));
        System.out.println("written: " + page);
    }

    /**
     * Compares a run with stored ratios.
     *
     * @param args {@code <guard.json> <file.json> ...}
     * @return whether all ratios pass
     */
    static boolean guard(List<String> args) throws IOException {
        RegressionGuard.Verdict verdict =
                RegressionGuard.read(Path.of(args.get(0))).check(readAll(args.subList(1, args.size())));
        System.out.println(verdict.table());
        verdict.regressions().forEach(name -> System.out.println("worse than its tolerance: " + name));
        return verdict.regressions().isEmpty();
    }

    /**
     * Stores a run's ratios.
     *
     * @param args {@code <guard.json> <file.json> ...}
     */
    static void updateGuard(List<String> args) throws IOException {
        Path file = Path.of(args.get(0));
        RegressionGuard guard = RegressionGuard.read(file);
        guard.update(readAll(args.subList(1, args.size())));
        guard.write(file);
        System.out.println("written: " + file + ", ratios=" + guard.entries().size());
    }

    private static List<Measurement> readAll(List<String> files) throws IOException {
        List<Measurement> all = new ArrayList<>();
        for (String file : files) {
            all.addAll(MeasurementFile.read(Path.of(file)));
        }
        return all;
    }
}
