package org.blazefl4j.cli.report;

import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.report.RunPage;
import org.blazefl4j.util.Printable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a page with charts of recorded runs. */
@Command(
        name = "report",
        abbreviateSynopsis = true,
        header = "Writes one page with charts of one or more runs, which opens without a network.",
        description = {
            "",
            "The page has accuracy and loss over rounds and over time, the spread over clients, the partition of the"
                    + " samples, the time of each phase, failures, memory, bytes, and the configurations with what"
                    + " differs between them. Runs that differ in their seeds alone become one line with a band.",
        },
        parameterListHeading = "%n",
        optionListHeading = "%n",
        exitCodeList = {
            "0:The page was written.",
            "2:A run cannot be read, the page cannot be written, or an argument cannot be used."
        },
        exitCodeOnExecutionException = ExitCode.USAGE,
        footer = {
            "",
            "Examples",
            "  Two algorithms on one page:",
            "    blazefl4j run --output runs/fedavg",
            "    blazefl4j run --output runs/fedprox --algorithm fedprox:mu=0.1",
            "    blazefl4j report runs/fedavg runs/fedprox --output fedprox.html",
        })
public final class ReportCommand implements Callable<Integer> {

    private static final String PAGE = "report.html";

    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "1..*",
            paramLabel = "FOLDER",
            description = "A run's folder, its metrics.jsonl, or a folder of such folders.")
    private List<Path> folders;

    @Option(
            names = {"--output", "--out"},
            paramLabel = "FILE",
            description = "File for the page, whose name ends in .html; an older page is replaced. Default: " + PAGE
                    + " in the folder, or here if there are several.")
    private @Nullable Path output;

    @Option(names = "--verbose", description = "Show the stack trace if something fails.")
    private boolean verbose;

    @Override
    public Integer call() {
        if (output != null && !output.toString().endsWith(".html")) {
            throw new UsageException(
                    "not a page: --output=" + output + ", expected=a name that ends in .html; choose another");
        }
        Path file = output != null ? output : folders.size() > 1 ? Path.of(PAGE) : beside(folders.get(0));
        try {
            RunPage.of(RecordedRuns.read(folders)).write(file);
        } catch (IllegalArgumentException | UncheckedIOException e) {
            throw UsageException.insteadOf(e, String.valueOf(e.getMessage()));
        }
        PrintWriter out = spec.commandLine().getOut();
        out.println("page: " + Printable.line(file));
        out.flush();
        return ExitCode.OK;
    }

    private static Path beside(Path run) {
        return Files.isDirectory(run) ? run.resolve(PAGE) : run.resolveSibling(PAGE);
    }
}
