package org.blazefl4j.cli.run;

import java.io.PrintStream;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.blazefl4j.checkpoint.SavedRun;
import org.blazefl4j.cli.console.Interruption;
import org.blazefl4j.cli.console.ProgressBars;
import org.blazefl4j.cli.console.StartLine;
import org.blazefl4j.cli.console.Terminal;
import org.blazefl4j.cli.console.Version;
import org.blazefl4j.cli.doctor.Finding;
import org.blazefl4j.cli.doctor.Machine;
import org.blazefl4j.cli.options.ExperimentFile;
import org.blazefl4j.cli.options.Invocation;
import org.blazefl4j.cli.options.PartCatalogue.Part;
import org.blazefl4j.cli.options.Trainers;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.cli.report.LivePage;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.core.StopRule;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.metrics.ConsoleMetrics;
import org.blazefl4j.metrics.CsvMetrics;
import org.blazefl4j.metrics.JsonLinesMetrics;
import org.blazefl4j.metrics.TensorBoardMetrics;
import org.blazefl4j.report.RunPage;
import org.blazefl4j.report.RunRecord;
import org.blazefl4j.shm.SegmentSpace;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.util.Printable;
import org.blazefl4j.util.ResourceStack;
import org.blazefl4j.util.WholeFile;
import org.jspecify.annotations.Nullable;

/** A run, from its options to its results. */
final class Run {

    static final String CSV = "metrics.csv";
    static final String JSON = "metrics.jsonl";
    static final String PAGE = "report.html";

    private static final Path RUNS = Path.of("runs");

    /** The figures of clients that lines on the console have. */
    private static final Set<String> BRIEF =
            Set.of("client_accuracy", "client_accuracy_worst10", "client_loss", "unseen_accuracy");

    private final RunOptions options;
    private final String experiment;
    private final String command;
    private final Invocation invocation;
    private final PrintStream out;
    private final List<StopRule> rules;
    private final RunTotals totals;
    private @Nullable CompletableFuture<String> page;

    /**
     * Creates a run that has not started.
     *
     * @param experiment the experiment file that repeats this run
     * @param command the command line that resumes this run
     * @param invocation how the program was started
     * @param out where to print lines for people
     */
    Run(RunOptions options, String experiment, String command, Invocation invocation, PrintStream out) {
        this.options = options;
        this.experiment = experiment;
        this.rules = options.stopping.rules();
        this.totals = new RunTotals(rules);
        this.command = command;
        this.invocation = invocation;
        this.out = out;
    }

    /**
     * Runs all rounds, or until the JVM is told to end.
     *
     * @throws UsageException if the options cannot be met
     */
    void execute() {
        options.data.requireFiles();
        options.requireCacheDir();
        try (Interruption interruption = new Interruption();
                MlflowTracking mlflow = new MlflowTracking(options)) {
            try {
                execute(interruption, mlflow);
            } finally {
                awaitPage();
            }
        }
    }

    private void execute(Interruption interruption, MlflowTracking mlflow) {
        try (RunCheckpoints checkpoints = interruption.closing(new RunCheckpoints(options));
                RunFolder folder = interruption.closing(folder(checkpoints));
                Federation<?, ?> federation = open(checkpoints, folder.path())) {
            introduce(federation, folder.path());
            execute(federation, checkpoints, interruption, mlflow, folder.path());
        }
    }

    private RunFolder folder(RunCheckpoints checkpoints) {
        Path output = options.results.output;
        Optional<Path> results = checkpoints.results(output);
        if (results.isPresent()) {
            return RunFolder.create(results.get(), file -> true);
        }
        return output == null ? RunFolder.createStamped(RUNS) : RunFolder.create(output, checkpoints::owns);
    }

    private <D, U> void execute(
            Federation<D, U> federation,
            RunCheckpoints checkpoints,
            Interruption interruption,
            MlflowTracking mlflow,
            Path folder) {
        Simulation<D, U> simulation = new Simulation<>(federation.handler(), federation.trainer());
        interruption.stopBy(simulation::stop); // from now on there are files to keep
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
            Optional<SavedRun> resumed = checkpoints.begin(folder, numericEnvironment());
            WholeFile.write(folder.resolve(ExperimentFile.NAME), experiment);
            resumed.ifPresentOrElse(run -> introduce(run, json.isEmpty()), this::introduceNew);
            if (checkpoints.isDataUnknown()) {
                out.println("  bits may vary  the data cannot be compared: an older release saved the run without "
                        + RunCheckpoints.DATA);
            }
            Map<String, Object> configuration = configuration(federation);
            mlflow.begin(folder, configuration, resumed.map(SavedRun::round).orElse(0), out);
            out.flush();
            if (json.isEmpty()) {
                json.write("configuration", configuration);
                PartitionCommand.recorded(federation.images(), options.trainedParts(federation.images()))
                        .ifPresent(partition -> json.write("partition", partition.toMap()));
            }
            resumed.ifPresent(run -> json.write("resumed", describe(run, federation)));
            try (ResourceStack live = live(folder)) {
                RunModels.clear(folder);
                mlflow.follow(simulation);
                rounds(federation, simulation, checkpoints, csv, json, folder);
            } finally {
                out.println("  results        " + Printable.line(csvFile) + " and " + JSON);
                String file = folder.resolve(ExperimentFile.NAME).toString();
                out.println("  to repeat      " + invocation.with(List.of("run", file)));
                startPage(folder);
            }
        }
    }

    /** Serves the page of the run until this is closed, if that was asked for. */
    private ResourceStack live(Path folder) {
        ResourceStack resources = new ResourceStack();
        if (options.results.live) {
            LivePage page = resources.add(new LivePage(folder));
            out.println("  live           " + page.address());
            out.flush();
        }
        return resources;
    }

    /** Starts to write the page of what the result file has, which takes less time than workers need to end. */
    private void startPage(Path folder) {
        if (!options.results.noReport && totals.rounds() > 0) {
            page = CompletableFuture.supplyAsync(() -> writePage(folder));
        }
    }

    /** Returns where the page is, or why there is none; a failure to write it is none of the run. */
    private static String writePage(Path folder) {
        Path page = folder.resolve(PAGE);
        try {
            RunPage.of(List.of(RunRecord.read(folder, false))).write(page);
            return Printable.line(page);
        } catch (RuntimeException | OutOfMemoryError e) {
            return "not written: " + Printable.line(e.getMessage());
        }
    }

    private void awaitPage() {
        if (page != null) {
            out.println("  page           " + page.join());
            out.flush();
        }
    }

    /** Prepares the run. Shows a line on terminals, because the first start unpacks libraries and takes seconds. */
    private Federation<?, ?> open(RunCheckpoints checkpoints, Path folder) {
        warnOfMemory();
        try (StartLine line = new StartLine("starting: LibTorch, data and workers ...")) {
            Machine.tune();
            return Federation.open(options, folder, checkpoints::requireSame);
        }
    }

    /** Called first, because the kernel may kill this process when memory is short. */
    private void warnOfMemory() {
        if (options.execution.executionMode == ExecutionMode.MULTI_PROCESS && options.trainers == Trainers.HERE) {
            Finding.ofWorkers(options.workers(), SegmentSpace.host().memoryFree())
                    .ifPresent(finding -> out.print(finding.toText()));
            out.flush();
        }
    }

    private <D, U> void rounds(
            Federation<D, U> federation,
            Simulation<D, U> simulation,
            RunCheckpoints checkpoints,
            CsvMetrics csv,
            JsonLinesMetrics json,
            Path folder) {
        String status = "failed";
        Map<String, LastEvaluation> evaluations = evaluations(federation);
        List<Path> models = List.of();
        try (ProgressBars bars = ProgressBars.ofRounds(options.federation.globalRound);
                ConsoleMetrics console = console();
                ResourceStack optional = new ResourceStack()) {
            simulation
                    .addListener(bars)
                    .addListener(totals)
                    .addListener(csv)
                    .addListener(json)
                    .addListener(console);
            if (options.results.tensorboard) {
                simulation.addListener(optional.add(new TensorBoardMetrics(folder)));
            }
            checkpoints.follow(simulation);
            simulation.evaluateEvery(options.evaluation.evaluateEvery());
            rules.forEach(simulation::addStopRule);
            EvaluationOptions.When evaluated = options.evaluation.clientEvaluation;
            if (evaluated != null) {
                evaluations.forEach((group, evaluation) -> evaluated.addTo(simulation, group, evaluation));
            }
            boolean stopped = simulation.run().stopped();
            models = RunModels.write(federation.handler(), folder);
            status = stopped ? "stopped" : "completed";
        } finally {
            totals.ended(federation.trainer().peakMemory());
            evaluations.forEach((group, evaluation) -> evaluation
                    .toMap()
                    .ifPresent(clients -> json.write(
                            group.equals(EvaluationOptions.UNSEEN) ? "unseen_clients" : "clients", clients)));
            conclude(status, json);
            models.forEach(file -> out.println("  model          " + Printable.line(file)));
        }
    }

    /** Returns the evaluations of the groups of clients. */
    private Map<String, LastEvaluation> evaluations(Federation<?, ?> federation) {
        Map<String, LastEvaluation> evaluations = new LinkedHashMap<>();
        federation
                .evaluated()
                .forEach((group, cids) -> evaluations.put(
                        group, new LastEvaluation(cids, federation.evaluation(), () -> totals.rounds() + 1)));
        return evaluations;
    }

    private ConsoleMetrics console() {
        int columns = Terminal.isOnStandardOutput() ? Terminal.columns() : ConsoleMetrics.USUAL_COLUMNS;
        ConsoleMetrics console =
                new ConsoleMetrics(out, options.federation.globalRound, columns, Terminal.takesColour());
        return options.evaluation.clientEvaluation == null ? console : console.omitting(Run::isDetail);
    }

    /** Returns whether only result files have a figure: most of the distribution over clients, and all without one. */
    private static boolean isDetail(String name, Object value) {
        boolean ofClients = name.startsWith("client_") || name.startsWith("unseen_");
        return ofClients && (!BRIEF.contains(name) || value.equals(Double.NaN));
    }

    private void introduce(Federation<?, ?> federation, Path folder) {
        out.println("BlazeFL4J " + Version.blazefl4j() + ": "
                + title(options.federation.algorithm) + " of "
                + Printable.line(options.models.title(options.training.modelName)) + " on "
                + describe(federation.images()));
        int rounds = options.federation.globalRound;
        int unseen = options.evaluation.unseen();
        out.println("  clients        " + options.numClients() + (unseen == 0 ? "" : " and " + unseen + " unseen")
                + " ("
                + options.data.describePartition() + "), "
                + (options.composition.hasFixedRounds() ? options.clientsPerRound() + " a round, " : "") + rounds
                + (rounds == 1 ? " round" : " rounds"));
        out.println("  training       " + options.describeTraining());
        out.println("  engine         " + federation.engines().describe());
        out.println("  execution      "
                + options.trainers.describe(options.execution.executionMode).orElseGet(options::describeExecution));
        out.println("  failed client  " + options.failures.describe());
        int every = options.evaluation.evaluateEvery();
        if (every > 1) {
            out.println("  accuracy       after the first round, every " + every + " rounds and the last");
        }
        EvaluationOptions.When evaluated = options.evaluation.clientEvaluation;
        if (evaluated != null) {
            int cids = federation.evaluated().values().stream()
                    .mapToInt(List::size)
                    .sum();
            out.println("  evaluation     " + evaluated.describe() + ", on " + cids
                    + " clients with test images of their own");
        }
        if (!rules.isEmpty()) {
            out.println("  ends early     " + options.stopping.describe());
        }
        out.println("  results        " + Printable.line(folder));
        out.flush();
    }

    private static String title(Part<AlgorithmName> algorithm) {
        String settings = algorithm.settings();
        return algorithm.value().title() + (settings.isEmpty() ? "" : " (" + settings.replace(",", ", ") + ")");
    }

    private static String describe(ImageData images) {
        String what = images.trainImages().size(2) == 1 ? "samples" : "images";
        return images.name() + " (" + images.train().size() + " training and "
                + images.test().size() + " test " + what + ")";
    }

    private void introduce(SavedRun resumed, boolean inNewFiles) {
        int round = resumed.round();
        out.println("  resumed        after round " + round + ", from " + resumed.file());
        if (inNewFiles && round > 0) {
            out.println("  new files      begin with round " + (round + 1));
        }
        resumed.skipped().forEach(line -> out.println("  not used       " + Printable.line(line)));
        resumed.environmentDifferences(numericEnvironment()).forEach(line -> out.println("  bits may vary  " + line));
    }

    private void introduceNew() {
        if (options.checkpoints.resume) {
            out.println("  resumed        nothing: no checkpoint in " + options.checkpoints.dir
                    + " yet; the run starts from the beginning");
        }
    }

    /** Returns the values of the JSON line for a resumed run. */
    private Map<String, Object> describe(SavedRun resumed, Federation<?, ?> federation) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("completed_rounds", resumed.round());
        map.put("checkpoint", resumed.file().toAbsolutePath().toString());
        map.put("damaged_checkpoints", resumed.skipped());
        map.put("environment_differences", resumed.environmentDifferences(numericEnvironment()));
        map.putAll(configuration(federation));
        return map;
    }

    private Map<String, Object> configuration(Federation<?, ?> federation) {
        Map<String, Object> map = options.resultMap();
        map.put(RunEngines.USED, federation.engines().used());
        map.put(RunCheckpoints.DATA, federation.images().sha256());
        if (!options.data.source.vocabulary().isEmpty()) {
            map.put("vocabulary", String.join("", options.data.source.vocabulary()));
        }
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
        try (IntraOpThreads threads = IntraOpThreads.scope(options.trainer().intraOpThreads())) {
            return NumericEnvironment.capture();
        }
    }

    private void conclude(String status, JsonLinesMetrics json) {
        out.println(status + ": " + totals.rounds() + " of " + options.federation.globalRound + " rounds");
        out.print(totals.toText());
        if (options.checkpoints.dir != null && !status.equals("completed")) {
            out.println("  to continue    " + command);
        }
        out.flush();
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("status", status);
        line.putAll(totals.toMap());
        json.write("summary", line);
    }
}
