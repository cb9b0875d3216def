package org.blazefl4j.cli.run;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.blazefl4j.cli.console.Version;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.cli.options.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Trains by a federated algorithm. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        abbreviateSynopsis = true,
        header = "Trains a model by a federated algorithm and writes down how it went.",
        description = {
            "",
            "In each round a share of the clients trains on images of their own, and the server makes the next global"
                    + " model of what they send. Without options: 15 rounds of federated averaging over 100 clients, in"
                    + " as many worker processes as there are cores.",
        },
        optionListHeading = "%n",
        exitCodeListHeading = "%nExit codes%n",
        exitCodeList = {
            "0:All rounds were run.",
            "1:The run failed; results up to then are kept.",
            "2:An option, or what it names, cannot be used; nothing was run.",
            "129:Ended by SIGHUP, as when a terminal is lost; results up to then are kept.",
            "130:Ended by Ctrl-C (SIGINT); results up to then are kept.",
            "143:Ended by SIGTERM; results up to then are kept."
        },
        footer = {
            "",
            "Examples",
            "  Few clients at a time, few classes per client:",
            "    blazefl4j run --sample-ratio 0.1 --partition shards --num-shards 200",
            "  The whole of CIFAR-10 from a folder, with a larger network:",
            "    blazefl4j run --dataset cifar10 --data-dir cifar --model-name resnet18",
            "  Federated distillation between two kinds of models:",
            "    blazefl4j run --algorithm dsfl --client-models cnn,mlp",
            "  The same bits without worker processes, in a folder of your choice:",
            "    blazefl4j run --execution-mode single-threaded --output results/serial",
            "  A long run; the same command goes on where it was, however it ended:",
            "    blazefl4j run --global-round 1000 --checkpoint-dir checkpoints --resume",
        })
public final class RunCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private RunOptions options;

    @Override
    public Integer call() {
        refuseRepeated();
        RunSettings settings = options.settings(
                name -> spec.commandLine().getParseResult().hasMatchedOption(name),
                refusal -> new ParameterException(spec.commandLine(), refusal),
                note -> spec.commandLine().getErr().println("note: " + note));
        new Run(settings, options.checkpoints(), options.output(), resumingCommand(), System.out).execute();
        return ExitCode.OK;
    }

    /**
     * An option that comes again, in a file of arguments, would set the others of its group, those in one
     * {@code ArgGroup}, to their defaults.
     */
    private void refuseRepeated() {
        Set<String> names = new HashSet<>();
        for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
            if (!names.add(option.longestName())) {
                throw new ParameterException(
                        spec.commandLine(),
                        "option given more than once: " + option.longestName() + "="
                                + String.join(" and ", option.originalStringValues()) + ", limit=once; keep one");
            }
        }
    }

    /** This command line with {@code --resume}, for a shell. */
    private String resumingCommand() {
        List<String> args =
                new ArrayList<>(spec.root().commandLine().getParseResult().originalArgs());
        if (!options.checkpoints().resume()) {
            args.add("--resume");
        }
        return Invocation.of(spec).with(args);
    }
}
