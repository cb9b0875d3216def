package org.blazefl4j.cli;

import java.io.PrintWriter;
import org.blazefl4j.contrib.common.Weighting;
import org.blazefl4j.core.NonFinitePolicy;
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
        subcommands = {RunCommand.class, VerifyCommand.class, BenchCommand.class, DoctorCommand.class},
        footer = {
            "",
            "Examples",
            "  blazefl4j run                      train on the images that come with it",
            "  blazefl4j run --global-round 3     the same, shorter",
            "  blazefl4j run --help               what can be changed",
            "  blazefl4j verify A B               compare two runs bit by bit",
            "  blazefl4j bench                    measure this machine",
            "  blazefl4j doctor                   check this machine",
        })
public final class Main implements Runnable {

    @Spec
    private CommandSpec spec;

    private Main() {}

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
            limits.requireLibTorch(Runtime.getRuntime().availableProcessors());
            return commandLine().execute(args);
        } catch (IllegalStateException e) {
            System.err.println("blazefl4j: " + e.getMessage());
            return ExitCode.FAILED;
        } catch (OutOfMemoryError e) {
            System.err.println(Failures.describe(e));
            return ExitCode.FAILED;
        } catch (LinkageError e) {
            System.err.println(Failures.describe(e, limits));
            return ExitCode.FAILED;
        }
    }

    static CommandLine commandLine() {
        CommandLine commands = new CommandLine(new Main());
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
        return commands.setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler(Main::refuse)
                .setExecutionExceptionHandler(Failures::report);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no command: name run, verify, bench or doctor");
    }

    private static int refuse(ParameterException refusal, String[] args) {
        CommandLine command = refusal.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        PrintWriter err = command.getErr();
        err.println(name + ": " + message(refusal));
        UnmatchedArgumentException.printSuggestions(refusal, err);
        err.println("Try '" + name + " --help'.");
        return ExitCode.USAGE;
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
