package org.blazefl4j.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.metrics.ConsoleMetrics;
import org.blazefl4j.metrics.CsvMetrics;
import org.blazefl4j.metrics.JsonLinesMetrics;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.torch.NumericEnvironment;

/** One run, from settings to results. */
final class Run {

    private final RunSettings settings;
    private final Path asked;
    private final PrintStream out;
    private final RunTotals totals = new RunTotals();

    /**
     * A run that has not begun.
     *
     * @param asked where results go; null for a folder of the program's choice
     * @param out where lines for the reader go
     */
    Run(RunSettings settings, Path asked, PrintStream out) {
        this.settings = settings;
        this.asked = asked;
        this.out = out;
    }

    /**
     * Runs all rounds, or as many as there is time for before the JVM is told to end.
     *
     * @throws UsageException if the settings cannot be met
     */
    void execute() {
        RunFolder.check(asked);
        try (Interruption interruption = new Interruption();
                Federation<?, ?> federation = open()) {
            Path folder = RunFolder.create(asked);
            introduce(federation, folder);
            try (JsonLinesMetrics json = new JsonLinesMetrics(folder.resolve("metrics.jsonl"));
                    CsvMetrics csv = new CsvMetrics(folder.resolve("metrics.csv"))) {
                json.write("configuration", configuration());
                rounds(federation, interruption, csv, json);
            } finally {
                out.println("  results        " + folder.resolve("metrics.csv") + " and metrics.jsonl");
            }
        }
    }

    /** On a terminal with a word on what takes so long: the first time, libraries are unpacked. */
    private Federation<?, ?> open() {
        StartLine line = StartLine.show("starting: LibTorch, data and workers ...");
        try {
            LibTorch.tune();
            return Federation.open(settings);
        } finally {
            line.clear();
        }
    }

    private <U, D> void rounds(
            Federation<U, D> federation, Interruption interruption, CsvMetrics csv, JsonLinesMetrics json) {
        Simulation<U, D> simulation = new Simulation<>(federation.handler(), federation.trainer());
        interruption.stopBy(simulation::stop);
        String status = "failed";
        try (ProgressBars bars = new ProgressBars(settings.globalRound());
                ConsoleMetrics console = new ConsoleMetrics(out, settings.globalRound())) {
            if (Terminal.isOnStandardError()) {
                simulation.addListener(bars);
            }
            simulation.addListener(new FailureNotes(federation.trainer(), System.err));
            simulation.addListener(totals).addListener(csv).addListener(json).addListener(console);
            status = simulation.run().stopped() ? "stopped" : "completed";
        } finally {
            conclude(status, json);
        }
    }

    private void introduce(Federation<?, ?> federation, Path folder) {
        out.println("BlazeFL4J " + Version.blazefl4j() + ": "
                + settings.algorithm().name().title() + " of " + settings.modelName() + " on "
                + federation.data().describe());
        out.println("  clients        " + settings.numClients() + " (" + settings.describePartition() + "), "
                + settings.clientsPerRound() + " a round, " + settings.globalRound() + " rounds");
        out.println("  training       " + settings.describeTraining());
        out.println("  execution      " + settings.describeExecution());
        out.println("  failed client  " + settings.failures().describe());
        out.println("  results        " + folder);
        out.flush();
    }

    private Map<String, Object> configuration() {
        Map<String, Object> map = settings.toMap();
        map.put("clients_per_round", settings.clientsPerRound());
        map.put("started", DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(ZonedDateTime.now()));
        map.put("environment", environment());
        return map;
    }

    private Map<String, Object> environment() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("java", Version.java());
        map.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        map.put("cores", Runtime.getRuntime().availableProcessors());
        try (IntraOpThreads threads = IntraOpThreads.scope(settings.trainer().intraOpThreads())) {
            map.putAll(NumericEnvironment.capture().toMap());
        }
        return map;
    }

    private void conclude(String status, JsonLinesMetrics json) {
        out.println(status + ": " + totals.rounds() + " of " + settings.globalRound() + " rounds");
        out.print(totals.toText());
        out.flush();
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("status", status);
        line.putAll(totals.toMap());
        json.write("summary", line);
    }
}
