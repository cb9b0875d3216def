package org.blazefl4j.cli.doctor;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.blazefl4j.cli.console.Version;
import org.blazefl4j.cli.options.ExitCode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Looks at this machine and process for what will hurt. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        abbreviateSynopsis = true,
        header = "Checks this machine and reports what makes runs slow or fail, with the fix for each.",
        description = {
            "",
            "Everything is read back from the process as 'blazefl4j run' has it, nothing is assumed.",
        },
        optionListHeading = "%n",
        exitCodeListHeading = "%nExit codes%n",
        exitCodeList = {
            "0:The checks were made, whatever they found.",
            "1:A check failed: a library does not load.",
            "2:An option cannot be used; nothing was checked."
        },
        footer = {
            "",
            "Examples",
            "  This machine and its Java, as the other commands use them:",
            "    blazefl4j doctor",
            "  The same as a program finds it that embeds the library:",
            "    blazefl4j doctor --untuned",
        })
public final class DoctorCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--untuned",
            description = "Check a process that nobody tuned, as a program that embeds the library has it.")
    private boolean untuned;

    @Option(names = "--verbose", description = "Show the stack trace when something fails.")
    private boolean verbose;

    @Override
    public Integer call() {
        Machine machine = Machine.read(!untuned);
        PrintWriter out = spec.commandLine().getOut();
        out.print(MachineReport.of(machine));
        out.print(advice(Finding.of(machine)));
        out.flush();
        return ExitCode.OK;
    }

    private static String advice(List<Finding> findings) {
        StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "%nfindings%n"));
        if (findings.isEmpty()) {
            text.append(String.format(Locale.ROOT, "  nothing that will hurt%n"));
        }
        for (Finding finding : findings) {
            text.append(finding.toText());
        }
        return text.toString();
    }
}
