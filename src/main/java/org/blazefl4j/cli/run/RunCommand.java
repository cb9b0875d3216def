package org.blazefl4j.cli.run;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.cli.options.ExperimentFile;
import org.blazefl4j.cli.options.ExperimentSchema;
import org.blazefl4j.cli.options.Invocation;
import org.blazefl4j.cli.options.OptionNames;
import org.blazefl4j.cli.options.OptionUse;
import org.blazefl4j.cli.options.Place;
import org.blazefl4j.cli.options.Settings;
import org.blazefl4j.cli.options.Trainers;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.trainer.ExecutionMode;
import org.jspecify.annotations.Nullable;
import org.tomlj.TomlTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Trains a model with a federated algorithm. */
@Command(
        name = "run",
        sortOptions = false,
        abbreviateSynopsis = true,
        resourceBundle = "org.blazefl4j.cli.run.texts",
        parameterListHeading = "%n",
        optionListHeading = "%n")
public final class RunCommand implements Callable<Integer> {

    /** The table that makes an experiment file one of a sweep. */
    public static final String SWEEP = "sweep";

    /** The keys that end a run before its last round. */
    public static final List<String> STOPS =
            StopOptions.NAMES.stream().map(name -> name.replace('_', '-')).toList();

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", arity = "0..1", paramLabel = "FILE")
    @Nullable
    Path file;

    @Option(names = "--print-config")
    boolean printConfig;

    @Mixin
    RunOptions options;

    @Override
    public Integer call() {
        Settings settings = file == null ? Settings.NONE : settings(ExperimentFile.read(file));
        OptionUse use = file == null ? check(settings) : apply(settings, originalArgs());
        use.printNotes();
        String experiment = text(use);
        if (printConfig) {
            spec.commandLine().getOut().print(experiment);
            spec.commandLine().getOut().flush();
        } else {
            options.trainers = Trainers.of(spec);
            new Run(options, experiment, resumingCommand(), Invocation.of(spec), System.out).execute();
        }
        return ExitCode.OK;
    }

    private Settings settings(ExperimentFile experiment) {
        TomlTable content = experiment.content();
        if (content.isTable(SWEEP)) {
            Place place = ExperimentSchema.place(experiment.file(), content.inputPositionOf(SWEEP));
            throw new UsageException(
                    "a sweep, not a run: " + place + ", expected=no table " + SWEEP + "; use the command sweep");
        }
        return new ExperimentSchema(spec).settings(experiment.file(), content);
    }

    /**
     * Returns the experiment file of a run with these settings and no options.
     *
     * @throws UsageException if a value cannot be used
     * @throws picocli.CommandLine.ParameterException if settings contradict each other
     */
    public String experiment(Settings settings) {
        return text(apply(settings, List.of(spec.name())));
    }

    private String text(OptionUse use) {
        return new ExperimentText(options, use.idle()).toString();
    }

    /** Takes settings for options that a command line lacks, but none without effect, which could still be recorded. */
    private OptionUse apply(Settings settings, List<String> args) {
        settings.applyTo(spec.commandLine(), args);
        OptionUse use = check(settings);
        if (!Collections.disjoint(use.idle(), settings.byKey().keySet())) {
            settings.without(use.idle()).applyTo(spec.commandLine(), args);
        }
        return use;
    }

    /**
     * Checks options against each other: refuses contradictions, and options without effect that could change results.
     */
    private OptionUse check(Settings settings) {
        OptionUse use = new OptionUse(spec.commandLine(), settings);
        options.data.check(use);
        options.evaluation.check(use, options.numClients());
        ExecutionMode mode = options.execution.executionMode;
        use.noteUnless(mode != ExecutionMode.SINGLE_THREADED, "--num-parallels", mode);
        use.noteUnless(mode == ExecutionMode.MULTI_PROCESS, "--cache-dir", mode);
        use.noteUnlessOn(options.execution.device, "--device-data-share");
        use.noteUnlessOn(options.execution.device, "--device-result-share");
        use.noteUnlessOn(options.execution.device, "--step-graphs");
        boolean dsfl = options.federation.algorithm.value().isDsfl();
        for (OptionSpec option : options.group("dsfl")) {
            use.refuseUnless(dsfl, option.longestName(), "--algorithm dsfl");
        }
        for (String group : new String[] {"optimizer", "composition"}) {
            for (OptionSpec option : options.group(group)) {
                use.refuseUnless(!dsfl, option.longestName(), "another --algorithm than dsfl");
            }
        }
        if (dsfl && options.evaluation.clientEvaluation != null) {
            throw use.refusal(
                    "--client-evaluation evaluates the model of all clients, and those of dsfl have their own:"
                            + " use --evaluate-clients instead");
        }
        options.models.check(use);
        checkModelOfRows(use);
        use.refuseUnless(
                dsfl || options.composition.hasFixedRounds(), "--sample-ratio", "another --sampler than poisson");
        use.refuseUnless(options.optimizer.isSgd(), "--momentum", "--local-optimizer sgd");
        checkTraining(use);
        use.refuseUnless(dsfl || options.optimizer.localSteps == null, "--epochs", "it without --local-steps");
        for (String name : new String[] {"--checkpoint-every", "--checkpoint-keep", "--resume"}) {
            use.refuseUnless(options.checkpoints.dir != null, name, "--checkpoint-dir");
        }
        options.tracker.check(use);
        checkSample(use);
        checkFigures(use, dsfl ? options.dsfl.figures() : options.evaluation.figures());
        return use;
    }

    /** Refuses models of images for rows of numbers, which have no height. */
    private void checkModelOfRows(OptionUse use) {
        ModelName model = options.training.modelName;
        Optional<String> rows = options.data.source.rows();
        if (rows.isPresent() && options.models.isOfLibrary() && model != ModelName.MLP && model != ModelName.LOGISTIC) {
            throw use.refusal("model of images: --model-name=" + model + ", " + rows.get() + ", expected="
                    + ModelName.LOGISTIC + " or " + ModelName.MLP
                    + " for rows of numbers; choose one, or a model of your own");
        }
    }

    /** Refuses options of local training that do not go together. */
    private void checkTraining(OptionUse use) {
        if (!options.federation.algorithm.value().isDsfl()) {
            try {
                options.client();
            } catch (IllegalArgumentException e) {
                throw use.refusal(OptionNames.in(String.valueOf(e.getMessage()), spec));
            }
        }
    }

    /** Refuses rules by figures that no round's summary will have. */
    private void checkFigures(OptionUse use, Set<String> ofClients) {
        SortedSet<String> known = new TreeSet<>(ofClients);
        known.addAll(List.of("accuracy", "loss", "round"));
        options.stopping.figures().forEach((option, figure) -> {
            if (!known.contains(figure)) {
                String more = ofClients.isEmpty() ? "; evaluate clients after each round for theirs" : "";
                throw use.refusal("no such figure: " + option + "=" + figure + ", expected=one of " + known + more);
            }
        });
    }

    private void checkSample(OptionUse use) {
        try {
            ServerOptions.clientsPerRound(options.numClients(), options.federation.sampleRatio);
        } catch (IllegalArgumentException e) {
            throw use.refusal("sample too small: --sample-ratio=" + options.federation.sampleRatio
                    + " of --num-clients=" + options.numClients()
                    + ", expected=at least one client a round; raise the ratio");
        }
    }

    /** Returns this command line with {@code --resume}, for a shell. */
    private String resumingCommand() {
        List<String> args = new ArrayList<>(originalArgs());
        if (!options.checkpoints.resume) {
            args.add("--resume");
        }
        return Invocation.of(spec).with(args);
    }

    private List<String> originalArgs() {
        return spec.root().commandLine().getParseResult().originalArgs();
    }
}
