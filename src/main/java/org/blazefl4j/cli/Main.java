package org.blazefl4j.cli;

import java.io.PrintWriter;
import java.util.Map;
import org.blazefl4j.cli.bench.BenchCommand;
import org.blazefl4j.cli.console.ParentWatch;
import org.blazefl4j.cli.console.Terminal;
import org.blazefl4j.cli.console.Version;
import org.blazefl4j.cli.doctor.DoctorCommand;
import org.blazefl4j.cli.export.ExportCommand;
import org.blazefl4j.cli.options.Converters;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.cli.options.Invocation;
import org.blazefl4j.cli.options.Trainers;
import org.blazefl4j.cli.options.UsageHelp;
import org.blazefl4j.cli.options.UsualNames;
import org.blazefl4j.cli.report.ReportCommand;
import org.blazefl4j.cli.run.DataCommand;
import org.blazefl4j.cli.run.PartitionCommand;
import org.blazefl4j.cli.run.RunCommand;
import org.blazefl4j.cli.sweep.SweepCommand;
import org.blazefl4j.cli.verify.VerifyCommand;
import org.blazefl4j.shm.ResourceLimits;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line: its commands, and how their errors are reported. */
@Command(
        name = "blazefl4j",
        description = "Simulates federated learning on this machine.",
        scope = ScopeType.INHERIT, // by all commands, of what they do not say themselves
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        exitCodeListHeading = "%nExit codes%n",
        exitCodeList = {
            "0:The command succeeded.",
            "1:The command failed, or for verify: a round differs.",
            "2:A command, an option or its value cannot be used; nothing was done."
        },
        subcommands = {
            RunCommand.class,
            SweepCommand.class,
            DataCommand.class,
            PartitionCommand.class,
            ReportCommand.class,
            ExportCommand.class,
            VerifyCommand.class,
            BenchCommand.class,
            DoctorCommand.class
        },
        footer = {
            "",
            "Examples",
            "  Train on the included images, for three rounds:",
            "    blazefl4j run --global-round 3",
            "  Show all options:",
            "    blazefl4j run --help",
            "  Check this machine, then measure it:",
            "    blazefl4j doctor",
            "    blazefl4j bench",
        })
public final class Main implements Runnable, Invocation.Holder, Trainers.Holder {

    private final Invocation invocation;
    private final Trainers trainers;

    @Spec
    private CommandSpec spec;

    private Main(Invocation invocation, Trainers trainers) {
        this.invocation = invocation;
        this.trainers = trainers;
    }

    /**
     * Runs a command and ends the process with its exit code.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        ParentWatch.startIfAsked();
        Terminal.formatWarnings();
        System.exit(run(args, Trainers.HERE));
    }

    /** Runs a command, whose runs train where they are told; returns its exit code. */
    public static int run(String[] args, Trainers trainers) {
        ResourceLimits limits = ResourceLimits.host(); // cannot be read once they are reached
        try {
            return commandLine(Invocation.of(args), trainers).execute(args);
        } catch (OutOfMemoryError e) {
            System.err.println(ExceptionMessages.describe(e));
            return ExitCode.FAILED;
        } catch (LinkageError e) {
            System.err.println(ExceptionMessages.describe(e, limits));
            return ExitCode.FAILED;
        }
    }

    /** Returns the command line for tests. */
    public static CommandLine commandLine() {
        return commandLine(Invocation.UNKNOWN);
    }

    /** Returns the command line of a program that was started in this way. */
    public static CommandLine commandLine(Invocation invocation) {
        return commandLine(invocation, Trainers.HERE);
    }

    private static CommandLine commandLine(Invocation invocation, Trainers trainers) {
        CommandLine commands = new CommandLine(new Main(invocation, trainers));
        Converters.register(commands);
        return commands.setOverwrittenOptionsAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setHelpFactory((command, colours) -> new UsageHelp(command, colours, invocation))
                .setParameterExceptionHandler(Main::refuse)
                .setExecutionExceptionHandler(ExceptionMessages::report);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no command: expected=" + commands(spec));
    }

    @Override
    public Trainers trainers() {
        return trainers;
    }

    @Override
    public Invocation invocation() {
        return invocation;
    }

    private static int refuse(ParameterException refusal, String[] args) {
        CommandLine command = refusal.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        PrintWriter err = command.getErr();
        err.println(name + ": " + message(refusal));
        suggest(refusal, err);
        String help = name.substring(command.getCommandSpec().root().name().length()) + " --help";
        err.println("Try '" + Invocation.of(command.getCommandSpec()).program() + help + "'.");
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

    private static String commands(CommandSpec root) {
        return String.join(", ", root.subcommands().keySet()).replaceFirst(", ([^,]*)$", " or $1");
    }

    private static String message(ParameterException refusal) {
        boolean beforeAnyCommand = refusal.getCommandLine().getParent() == null;
        if (beforeAnyCommand && refusal instanceof UnmatchedArgumentException unmatched) {
            return "no such command: command=" + unmatched.getUnmatched().get(0)
                    + ", expected=" + commands(refusal.getCommandLine().getCommandSpec())
                    + "; give one, then its options";
        }
        return String.valueOf(refusal.getMessage());
    }
}
