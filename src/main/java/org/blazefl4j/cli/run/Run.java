package org.blazefl4j.cli.run;

import java.io.PrintStream;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.blazefl4j.checkpoint.ResumedRun;
import org.blazefl4j.cli.console.Interruption;
import org.blazefl4j.cli.console.ProgressBars;
import org.blazefl4j.cli.console.StartLine;
import org.blazefl4j.cli.console.Terminal;
import org.blazefl4j.cli.console.Version;
import org.blazefl4j.cli.doctor.Finding;
import org.blazefl4j.cli.doctor.Machine;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.metrics.ConsoleMetrics;
import org.blazefl4j.metrics.CsvMetrics;
import org.blazefl4j.metrics.JsonLinesMetrics;
import org.blazefl4j.shm.SegmentSpace;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.util.Printable;

/** One run, from settings to results. */
final class Run {

    static final String CSV = "metrics.csv";
    static final String JSON = "metrics.jsonl";

    private static final Path RUNS = Path.of("runs");

    private final RunSettings settings;
    private final CheckpointSettings saving;
    private final Path asked;
    private final String command;
    private final PrintStream out;
    private final RunTotals totals = new RunTotals();

    /**
     * A run that has not begun.
     *
     * @param asked where results go; null for a folder of the program's choice
     * @param command the command line that resumes this run
     * @param out where lines for the reader go
     */
    Run(RunSettings settings, CheckpointSettings saving, Path asked, String command, PrintStream out) {
        this.settings = settings;
        this.saving = saving;
        this.asked = asked;
        this.command = command;
        this.out = out;
    }

    /**
     * Runs all rounds, or as many as there is time for before the JVM is told to end.
     *
     * @throws UsageException if the settings cannot be met
     */
    void execute() {
        Datasets.requireFolder(settings.dataset(), settings.dataDir());
        settings.requireCacheDir();
        try (Interruption interruption = new Interruption();
                RunCheckpoints checkpoints = interruption.givingUp(new RunCheckpoints(saving, settings));
                RunFolder folder = interruption.givingUp(folder(checkpoints));
                Federation<?, ?> federation = open(checkpoints, folder.path())) {
            introduce(federation, folder.path());
            execute(federation, checkpoints, interruption, folder.path());
        }
    }

    private RunFolder folder(RunCheckpoints checkpoints) {
        Optional<Path> results = checkpoints.results(asked);
        if (results.isPresent()) {
            return RunFolder.again(results.get());
        }
        return asked == null
                ? RunFolder.createStamped(RUNS)
                : RunFolder.create(asked, content -> !checkpoints.isTheirs(content));
    }

    private <D, U> void execute(
            Federation<D, U> federation, RunCheckpoints checkpoints, Interruption interruption, Path folder) {
        Simulation<D, U> simulation = new Simulation<>(federation.handler(), federation.trainer());
        interruption.stopBy(simulation::stop); // from here on there are files to keep
        Path jsonFile = folder.resolve(JSON);
        Path csvFile = folder.resolve(CSV);
        boolean saved = checkpoints.isOn();
        try (JsonLinesMetrics json = saved ? JsonLinesMetrics.resumable(jsonFile) : new JsonLinesMetrics(jsonFile);
                CsvMetrics csv = saved ? CsvMetrics.resumable(csvFile) : new CsvMetrics(csvFile)) {
            checkpoints
                    .add("handler", federation.handler())
                    .add("trainer", federation.trainer())
                    .add("totals", totals)
                    .add(CSV, csv)
                    .add(JSON, json);
            Optional<ResumedRun> resumed = checkpoints.begin(folder, numericEnvironment());
            introduce(resumed, json.isEmpty());
            if (checkpoints.isDataUnknown()) {
                out.println("  bits may part  the data is not compared: an older release saved the run, without its "
                        + RunCheckpoints.DATA);
            }
            if (json.isEmpty()) {
                json.write("configuration", configuration(federation));
            }
            resumed.ifPresent(run -> json.write("resumed", describe(run, federation)));
            try {
                rounds(federation, simulation, checkpoints, csv, json);
            } finally {
                out.println("  results        " + Printable.line(csvFile) + " and " + JSON);
            }
        }
    }

    /** On a terminal with a word on what takes so long: the first time, libraries are unpacked. */
    private Federation<?, ?> open(RunCheckpoints checkpoints, Path folder) {
        warnOfMemory();
        StartLine line = StartLine.show("starting: LibTorch, data and workers ...");
        try {
            Machine.tune();
            return Federation.open(settings, folder, checkpoints::requireSame);
        } finally {
            line.clear();
        }
    }

    /** Ahead of all else: where it is short, the kernel may end this process. */
    private void warnOfMemory() {
        if (settings.executionMode() == ExecutionMode.MULTI_PROCESS) {
            Finding.ofWorkers(settings.workers(), SegmentSpace.host().memoryFree())
                    .ifPresent(finding -> out.print(finding.toText()));
            out.flush();
        }
    }

    private <D, U> void rounds(
            Federation<D, U> federation,
            Simulation<D, U> simulation,
            RunCheckpoints checkpoints,
            CsvMetrics csv,
            JsonLinesMetrics json) {
        String status = "failed";
        try (ProgressBars bars = new ProgressBars(settings.globalRound());
                ConsoleMetrics console = console()) {
            if (Terminal.isOnStandardError()) {
                simulation.addListener(bars);
            }
            simulation.addListener(totals).addListener(csv).addListener(json).addListener(console);
            checkpoints.follow(simulation);
            status = simulation.run().stopped() ? "stopped" : "completed";
        } finally {
            totals.ended(federation.trainer().peakMemory());
            conclude(status, json);
        }
    }

    private ConsoleMetrics console() {
        int columns = Terminal.isOnStandardOutput() ? Terminal.columns() : ConsoleMetrics.USUAL_COLUMNS;
        return new ConsoleMetrics(out, settings.globalRound(), columns, Terminal.takesColour());
    }

    private void introduce(Federation<?, ?> federation, Path folder) {
        out.println("BlazeFL4J " + Version.blazefl4j() + ": "
                + settings.algorithm().name().title() + " of " + settings.modelName() + " on "
                + federation.data().describe());
        out.println("  clients        " + settings.numClients() + " (" + settings.describePartition() + "), "
                + settings.clientsPerRound() + " a round, " + settings.globalRound()
                + (settings.globalRound() == 1 ? " round" : " rounds"));
        out.println("  training       " + settings.describeTraining());
        out.println("  execution      " + settings.describeExecution());
        out.println("  failed client  " + settings.failures().describe());
        out.println("  results        " + Printable.line(folder));
        out.flush();
    }

    private void introduce(Optional<ResumedRun> resumed, boolean inNewFiles) {
        if (resumed.isPresent()) {
            int round = resumed.get().round();
            out.println("  resumed        after round " + round + ", from "
                    + resumed.get().file());
            if (inNewFiles && round > 0) {
                out.println("  new files      that begin with round " + (round + 1));
            }
            resumed.get().skipped().forEach(line -> out.println("  not used       " + Printable.line(line)));
            resumed.get().environmentDifferences().forEach(line -> out.println("  bits may part  " + line));
        } else if (saving.resume()) {
            out.println("  resumed        nothing: no checkpoint in " + saving.folder()
                    + " yet, so the run starts from the beginning");
        }
        out.flush();
    }

    /** For the line of the JSON file. */
    private Map<String, Object> describe(ResumedRun resumed, Federation<?, ?> federation) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("completed_rounds", resumed.round());
        map.put("checkpoint", resumed.file().toAbsolutePath().toString());
        map.put("damaged_checkpoints", resumed.skipped());
        map.put("environment_differences", resumed.environmentDifferences());
        map.putAll(configuration(federation));
        return map;
    }

    private Map<String, Object> configuration(Federation<?, ?> federation) {
        Map<String, Object> map = settings.toMap();
        map.putAll(federation.derivedSettings());
        map.put("clients_per_round", settings.clientsPerRound());
        map.put(RunCheckpoints.DATA, federation.data().images().sha256());
        map.put("started", DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(ZonedDateTime.now()));
        map.put("environment", environment());
        return map;
    }

    private Map<String, Object> environment() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("java", Version.java());
        map.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        map.put("cores", Runtime.getRuntime().availableProcessors());
        map.putAll(numericEnvironment().toMap());
        return map;
    }

    private NumericEnvironment numericEnvironment() {
        try (IntraOpThreads threads = IntraOpThreads.scope(settings.trainer().intraOpThreads())) {
            return NumericEnvironment.capture();
        }
    }

    private void conclude(String status, JsonLinesMetrics json) {
        out.println(status + ": " + totals.rounds() + " of " + settings.globalRound() + " rounds");
        out.print(totals.toText());
        if (saving.folder() != null && !status.equals("completed")) {
            out.println("  to go on       " + command);
        }
        out.flush();
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("status", status);
        line.putAll(totals.toMap());
        json.write("summary", line);
    }
}
