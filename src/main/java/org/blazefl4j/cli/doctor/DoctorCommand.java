package org.blazefl4j.cli.doctor;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.blazefl4j.cli.options.ExitCode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Checks this machine and process for configuration problems. */
@Command(
        name = "doctor",
        abbreviateSynopsis = true,
        header = "Checks this machine for problems that make runs slow or fail, and prints a fix for each.",
        description = {
            "",
            "Reads all values from a process that is set up like that of 'blazefl4j run'.",
        },
        optionListHeading = "%n",
        exitCodeList = {
            "0:All checks were made, whether or not they found problems.",
            "1:A check failed, for example because a library does not load.",
            "2:An option cannot be used; nothing was checked."
        },
        footer = {
            "",
            "Examples",
            "  This machine and its Java, as the other commands use them:",
            "    blazefl4j doctor",
            "  The same for a program that embeds the library:",
            "    blazefl4j doctor --untuned",
        })
public final class DoctorCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--untuned",
            description = "Check an untuned process, like that of a program that embeds the library.")
    private boolean untuned;

    @Option(names = "--verbose", description = "Show the stack trace if something fails.")
    private boolean verbose;

    @Override
    public Integer call() {
        Machine machine = Machine.read(!untuned);
        List<Finding> findings = Finding.of(machine);
        PrintWriter out = spec.commandLine().getOut();
        out.println(machine.toText());
        out.println("findings");
        if (findings.isEmpty()) {
            out.println("  no problems found");
        }
        findings.forEach(finding -> out.print(finding.toText()));
        out.flush();
        return ExitCode.OK;
    }
}
