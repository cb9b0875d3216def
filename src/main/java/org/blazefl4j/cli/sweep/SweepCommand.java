package org.blazefl4j.cli.sweep;

import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.blazefl4j.cli.console.Interruption;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.cli.options.ExperimentSchema;
import org.blazefl4j.cli.options.Invocation;
import org.blazefl4j.cli.options.MlflowOptions;
import org.blazefl4j.cli.options.OptionUse;
import org.blazefl4j.cli.options.Place;
import org.blazefl4j.cli.options.Settings;
import org.blazefl4j.cli.options.Settings.Setting;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.cli.run.RunCommand;
import org.blazefl4j.cli.sweep.Sweep.Ready;
import org.blazefl4j.report.RunPage;
import org.blazefl4j.report.RunRecord;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.util.Printable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs the runs of a study. */
@Command(
        name = "sweep",
        abbreviateSynopsis = true,
        header = "Runs a study: an experiment with several settings and seeds.",
        description = {
            "",
            "The file is an experiment file, as for run, with a table [sweep] of values to try. Runs that are complete"
                    + " are skipped, and others continue where they were, so that the same command goes on after an"
                    + " interruption of any kind. The table of results, with the mean and the standard deviation over"
                    + " seeds, is printed at the end. A page with charts of all runs is written beside it.",
        },
        parameterListHeading = "%n",
        optionListHeading = "%n",
        exitCodeList = {
            "0:All runs have completed.",
            "1:A run failed; the table names it, and has the others.",
            "2:The file, an option or its value cannot be used; nothing was run.",
            "129:Ended by SIGHUP, as when a terminal is closed; results are kept.",
            "130:Ended by Ctrl-C (SIGINT); results are kept.",
            "143:Ended by SIGTERM; results are kept."
        },
        footer = {
            "",
            "Examples",
            "  A study in study.toml, with results in sweeps/study:",
            "    blazefl4j sweep study.toml",
            "  What it would run:",
            "    blazefl4j sweep study.toml --dry-run",
            "  Two runs at once:",
            "    blazefl4j sweep study.toml --jobs 2",
        })
public final class SweepCommand implements Callable<Integer> {

    private static final Path SWEEPS = Path.of("sweeps");
    private static final String WORKERS = "num-parallels";

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "FILE", description = "The study, in TOML.")
    private Path file;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description =
                    "Folder for table.md, table.csv, runs.csv, report.html and a folder for each run: new, empty, or"
                            + " that of a sweep of a file of this name. Default: sweeps/<name of the file>.")
    @Nullable
    private Path output;

    @Option(
            names = "--jobs",
            paramLabel = "N",
            description = "Number of runs at once, at most the number of cores, which they share unless the file has"
                    + " num-parallels.")
    private int jobs = 1;

    @Mixin
    private MlflowOptions tracker;

    @Option(names = "--dry-run", description = "List the runs and which of them have completed; run nothing.")
    private boolean dryRun;

    @Option(names = "--verbose", description = "Show the stack trace if something fails.")
    private boolean verbose;

    @Override
    public Integer call() {
        List<String> args = spec.root().commandLine().getParseResult().originalArgs();
        requireCores(jobs, "too many jobs: --jobs=" + jobs, "lower it");
        CommandLine run = Objects.requireNonNull(spec.root().subcommands().get("run"));
        Study study = Study.read(file, new ExperimentSchema(run.getCommandSpec()));
        Path folder = output == null ? SWEEPS.resolve(nameOf(file)) : output;
        List<Ready> ready = new ArrayList<>();
        study.runs().forEach(planned -> ready.add(ready(planned, folder, run.getCommand())));
        return dryRun ? list(ready) : execute(study, ready, folder, args);
    }

    private static String nameOf(Path file) {
        return file.toAbsolutePath().getFileName().toString().replaceFirst("\\.toml$", "");
    }

    private void requireCores(int workers, String what, String remedy) {
        int cores = Runtime.getRuntime().availableProcessors();
        if (workers > cores) {
            throw new UsageException(what + ", limit=" + cores + ", the number of cores; " + remedy);
        }
    }

    /** Checks the settings of a run, so that none fails for them hours later. */
    private Ready ready(PlannedRun planned, Path folder, RunCommand run) {
        try {
            String experiment = run.experiment(withWorkers(planned.settings()));
            return new Ready(planned, RunFiles.of(folder, planned, experiment), experiment);
        } catch (ParameterException e) {
            throw new UsageException(
                    "settings do not fit together: file=" + Printable.line(file) + ", run=" + planned.title() + ": "
                            + e.getMessage(),
                    e);
        }
    }

    /** Divides the cores among the runs at once. */
    private Settings withWorkers(Settings settings) {
        boolean serial = settings.get("execution-mode")
                .filter(mode -> mode.text().equalsIgnoreCase(ExecutionMode.SINGLE_THREADED.toString()))
                .isPresent();
        if (jobs == 1 || serial) {
            return settings;
        }
        Setting given = settings.byKey().get(WORKERS);
        if (given == null) {
            int share = Runtime.getRuntime().availableProcessors() / jobs;
            return settings.with(WORKERS, new Setting(Integer.toString(share), new Place(file, 1)));
        }
        if (given.text().matches("\\d{1,4}")) { // others are refused as values
            requireCores(
                    jobs * Integer.parseInt(given.text()),
                    "too many workers: " + given.place() + ", --jobs=" + jobs + ", " + WORKERS + "=" + given.text(),
                    "lower one of the two, or remove the line");
        }
        return settings;
    }

    private int list(List<Ready> ready) {
        for (Ready each : ready) {
            String state = each.files().figures().isPresent() ? "completed" : "open     ";
            spec.commandLine().getOut().println(state + "  " + each.run().title());
        }
        spec.commandLine().getOut().flush();
        return ExitCode.OK;
    }

    private int execute(Study study, List<Ready> ready, Path folder, List<String> args) {
        PrintStream out = System.out;
        List<String> tracking = tracking(study, args);
        try (Interruption interruption = new Interruption();
                SweepFolder locked = interruption.closing(SweepFolder.open(folder, file))) {
            Sweep sweep = new Sweep(study, ready, locked.path(), out);
            int all = study.runs().size();
            out.println("sweep of " + Printable.line(file) + ": " + all + (all == 1 ? " run, " : " runs, ")
                    + sweep.completed() + " completed");
            out.println("  results        " + Printable.line(folder));
            interruption.stopBy(sweep::stop);
            sweep.execute(new RunProcess(Invocation.words(args), tracking), Math.min(jobs, all));
            out.print(System.lineSeparator() + new ResultFiles(sweep.table()).markdown());
            writePage(sweep, study, folder, out);
            out.println(System.lineSeparator() + sweep.counts());
            if (sweep.completed() < all) {
                out.println(System.lineSeparator() + "to continue: "
                        + Invocation.of(spec).with(args));
            }
            out.flush();
            return sweep.completed() == all ? ExitCode.OK : ExitCode.FAILED;
        }
    }

    /** Returns the options by which runs are recorded in MLflow, after a look at the server; the file may have them. */
    private List<String> tracking(Study study, List<String> args) {
        spec.commandLine().setDefaultValueProvider(study.runs().get(0).settings());
        spec.root().commandLine().parseArgs(args.toArray(String[]::new));
        tracker.check(new OptionUse(spec.commandLine()));
        String usual = nameOf(file);
        tracker.open(usual);
        return tracker.forRuns(usual);
    }

    /** Writes the page of all complete runs; a failure to do so is none of the sweep. */
    private static void writePage(Sweep sweep, Study study, Path folder, PrintStream out) {
        List<Path> complete = sweep.folders();
        boolean refused = study.runs().get(0).settings().get("no-report").isPresent();
        if (refused || complete.isEmpty()) {
            return;
        }
        Path page = folder.resolve("report.html");
        String what;
        try {
            List<RunRecord> runs =
                    complete.stream().map(run -> RunRecord.read(run, false)).toList();
            RunPage.of(runs, List.of(new ResultFiles(sweep.table()).summary())).write(page);
            what = Printable.line(page);
        } catch (IllegalArgumentException | UncheckedIOException e) {
            what = "not written: " + e.getMessage();
        }
        out.println(System.lineSeparator() + "page: " + what);
    }
}
