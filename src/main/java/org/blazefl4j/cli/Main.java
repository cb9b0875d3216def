package org.blazefl4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import org.blazefl4j.contrib.common.Weighting;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.data.LastBatch;
import org.blazefl4j.model.Autocast;
import org.blazefl4j.model.MemoryLayout;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.shm.ResourceLimits;
import org.blazefl4j.trainer.ExecutionMode;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line: its commands, and what becomes of their errors. */
@Command(
        name = "blazefl4j",
        description = "Simulates federated learning on this machine.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        exitCodeListHeading = "%nExit codes%n",
        exitCodeList = {
            "0:What was asked for was done.",
            "1:It failed, or with verify: a round differs.",
            "2:A command, an option, or what it names, cannot be used; nothing was done."
        },
        subcommands = {RunCommand.class, VerifyCommand.class, BenchCommand.class, DoctorCommand.class},
        footer = {
            "",
            "Examples",
            "  Train on the images that come with it, for three rounds:",
            "    blazefl4j run --global-round 3",
            "  What can be changed:",
            "    blazefl4j run --help",
            "  Check this machine, then measure it:",
            "    blazefl4j doctor",
            "    blazefl4j bench",
        })
public final class Main implements Runnable {

    private final Invocation invocation;

    @Spec
    private CommandSpec spec;

    private Main(Invocation invocation) {
        this.invocation = invocation;
    }

    /**
     * Runs a command and ends the process with its exit code.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        WarningLines.setUp();
        System.exit(exitCode(args));
    }

    private static int exitCode(String[] args) {
        ResourceLimits limits = ResourceLimits.host(); // they cannot be read when they were met
        try {
            return commandLine(Invocation.of(args)).execute(args);
        } catch (OutOfMemoryError e) {
            System.err.println(Failures.describe(e));
            return ExitCode.FAILED;
        } catch (LinkageError e) {
            System.err.println(Failures.describe(e, limits));
            return ExitCode.FAILED;
        }
    }

    static CommandLine commandLine() {
        return commandLine(Invocation.UNKNOWN);
    }

    static CommandLine commandLine(Invocation invocation) {
        CommandLine commands = new CommandLine(new Main(invocation)) {
            @Override
            public int execute(String... args) {
                return super.execute(RepeatedOptions.dropAllButLast(this, args));
            }
        };
        Examples.register(commands, invocation);
        Choices.register(commands, AlgorithmName.class);
        Choices.register(commands, ModelName.class);
        Choices.register(commands, MemoryLayout.class);
        Choices.register(commands, Autocast.class);
        Choices.register(commands, DatasetName.class);
        Choices.register(commands, Partitioning.class);
        Choices.register(commands, ExecutionMode.class);
        Choices.register(commands, BenchWork.class);
        Choices.register(commands, OnClientFailure.class);
        Choices.register(commands, Weighting.class);
        Choices.register(commands, NonFinitePolicy.class);
        Choices.register(commands, LastBatch.class);
        commands.registerConverter(Path.class, new PathArgument());
        return commands.setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler(Main::refuse)
                .setExecutionExceptionHandler(Failures::report);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no command: name run, verify, bench or doctor");
    }

    /** How the program was started to which a command belongs. */
    static Invocation invocation(CommandSpec command) {
        return ((Main) command.root().userObject()).invocation;
    }

    private static int refuse(ParameterException refusal, String[] args) {
        CommandLine command = refusal.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        PrintWriter err = command.getErr();
        err.println(name + ": " + message(refusal));
        suggest(refusal, err);
        String help = name.substring(command.getCommandSpec().root().name().length()) + " --help";
        err.println("Try '" + invocation(command.getCommandSpec()).program() + help + "'.");
        return ExitCode.USAGE;
    }

    private static void suggest(ParameterException refusal, PrintWriter err) {
        if (refusal instanceof UnmatchedArgumentException unmatched) {
            Map<String, String> hints =
                    UsualNames.hints(refusal.getCommandLine().getCommandSpec(), unmatched.getUnmatched());
            if (hints.isEmpty()) {
                UnmatchedArgumentException.printSuggestions(refusal, err);
            }
            hints.forEach((word, option) -> err.println("Did you mean " + option + " for " + word + "?"));
        }
    }

    private static String message(ParameterException refusal) {
        boolean beforeAnyCommand = refusal.getCommandLine().getParent() == null;
        if (beforeAnyCommand && refusal instanceof UnmatchedArgumentException unmatched) {
            return "no such command: command=" + unmatched.getUnmatched().get(0)
                    + ", limit=run, verify, bench or doctor; name one, then its options";
        }
        return refusal.getMessage();
    }
}
