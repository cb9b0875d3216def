package org.blazefl4j.cli.verify;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.util.Bytes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Compares two runs bit by bit. */
@Command(
        name = "verify",
        abbreviateSynopsis = true,
        header = "Checks whether two runs gave the same bits, and finds where they start to differ.",
        description = {
            "",
            "Compares the SHA-256 of the global model and all other values of each round, except times and the number"
                    + " of retries. Then lists the recorded conditions that differ, such as options, versions,"
                    + " threads and processor features, and separately those that never change results, such as the"
                    + " number of workers.",
        },
        parameterListHeading = "%n",
        optionListHeading = "%n",
        exitCodeList = {
            "0:All rounds are identical.",
            "1:A round differs.",
            "2:A run cannot be read or an argument cannot be used; nothing was compared.",
            "3:One run has fewer rounds; the common rounds are identical."
        },
        exitCodeOnExecutionException = ExitCode.USAGE,
        footer = {
            "",
            "Example",
            "  The same experiment with and without worker processes:",
            "    blazefl4j run --output runs/a",
            "    blazefl4j run --output runs/b --execution-mode single-threaded",
            "    blazefl4j verify runs/a runs/b",
        })
public final class VerifyCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "A", description = "A run's folder, or its metrics.jsonl.")
    private Path first;

    @Parameters(index = "1", paramLabel = "B", description = "Another run's folder, or its metrics.jsonl.")
    private Path second;

    @Option(names = "--verbose", description = "Show the stack trace if something fails.")
    private boolean verbose;

    @Override
    public Integer call() {
        RunComparison comparison = RunComparison.of(read(first), read(second));
        PrintWriter out = spec.commandLine().getOut();
        out.print(ComparisonReport.of(comparison));
        out.flush();
        return comparison.exitCode();
    }

    /** Reports a lack of memory as such, so that it does not look like a difference. */
    private static RecordedRun read(Path run) {
        try {
            return RecordedRun.read(run);
        } catch (OutOfMemoryError e) {
            throw new UsageException(
                    "run does not fit into memory: file=" + run + ", found=" + e.getMessage() + ", limit="
                            + Bytes.text(Runtime.getRuntime().maxMemory())
                            + "; give Java a larger heap (-Xmx), or choose a file written by a run",
                    e);
        }
    }
}
