package org.blazefl4j.cli.bench;

import java.io.PrintStream;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.blazefl4j.cli.console.Interruption;
import org.blazefl4j.cli.console.ProgressBars;
import org.blazefl4j.cli.console.StartLine;
import org.blazefl4j.cli.console.Version;
import org.blazefl4j.cli.doctor.Finding;
import org.blazefl4j.cli.doctor.Machine;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.cli.run.RunFolder;
import org.blazefl4j.lab.CaseResult;
import org.blazefl4j.lab.LabCase;
import org.blazefl4j.lab.LabOptions;
import org.blazefl4j.lab.LatencyLab;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.util.Bytes;

/** A measurement, from its cases to its results. */
final class Bench {

    private final BenchOptions options;
    private final List<LabCase> cases;
    private final PrintStream out = System.out;
    private final String started =
            DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(ZonedDateTime.now().truncatedTo(ChronoUnit.SECONDS));
    private final List<CaseResult> results = new ArrayList<>();

    Bench(BenchOptions options, List<LabCase> cases) {
        this.options = options;
        this.cases = cases;
    }

    /**
     * Measures all cases, or until the JVM is told to end, and writes the results.
     *
     * @throws UsageException if the folder for results cannot be used
     */
    void execute() {
        try (Interruption interruption = new Interruption();
                RunFolder folder = interruption.closing(options.folder())) {
            Machine machine = read();
            List<Finding> findings = Finding.of(machine);
            introduce(machine, findings);
            measure(interruption, folder.path(), machine, findings);
        }
    }

    private void measure(Interruption interruption, Path folder, Machine machine, List<Finding> findings) {
        LabOptions lengths = options.lab();
        ProcessOptions process = ProcessOptions.builder().crashFolder(folder).build();
        try (ProgressBars bar = ProgressBars.ofCases(cases.size(), lengths.rounds())) {
            LatencyLab lab = new LatencyLab(lengths, bar, process);
            interruption.stopBy(lab::stop);
            try {
                cases.forEach(each -> lab.measure(each).ifPresent(results::add));
            } finally {
                bar.close();
                conclude(lab.isStopping(), folder, machine, findings);
            }
        }
    }

    private static Machine read() {
        try (StartLine line = new StartLine("starting: LibTorch ...")) {
            return Machine.read(true);
        }
    }

    private void introduce(Machine machine, List<Finding> findings) {
        LabOptions lengths = options.lab();
        out.println("BlazeFL4J " + Version.blazefl4j() + " bench: " + cases.size() + " cases of up to "
                + lengths.rounds() + " rounds or " + lengths.timeLimit().toMillis() / 1000.0 + " s");
        out.println("  machine   " + machine.cores() + " cores, "
                + machine.numbers().cpuModel());
        out.println("  versions  Java " + Version.java() + ", LibTorch "
                + machine.numbers().libTorch());
        findings.forEach(finding -> out.print(finding.toText()));
        out.flush();
    }

    private void conclude(boolean stopped, Path folder, Machine machine, List<Finding> findings) {
        if (results.isEmpty()) {
            out.println("nothing was measured");
            out.flush();
            return;
        }
        boolean whole = results.size() == cases.size() && !stopped;
        List<String> warnings = findings.stream()
                .map(finding -> finding.problem() + "; fix: " + finding.remedy())
                .toList();
        BenchReport report = new BenchReport(started, !whole, describe(machine), options.toMap(), warnings, results);
        out.print(report.toText());
        out.printf(
                Locale.ROOT, "%n%s: %d of %d cases%n", whole ? "completed" : "stopped", results.size(), cases.size());
        out.println("  page      " + BenchFiles.write(report, folder) + ", with bench.json and bench.csv");
        out.flush();
    }

    private static Map<String, Object> describe(Machine machine) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("cores", machine.cores());
        map.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        map.put("java", Version.java());
        map.put("memoryFree", Bytes.text(machine.memoryFree()));
        map.putAll(machine.numbers().toMap());
        return map;
    }
}
