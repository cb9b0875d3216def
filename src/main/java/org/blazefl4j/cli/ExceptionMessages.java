package org.blazefl4j.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.shm.ResourceLimits;
import org.blazefl4j.util.Bytes;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.Printable;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/** Turns exceptions into messages for the terminal. */
final class ExceptionMessages {

    private ExceptionMessages() {}

    /**
     * Prints why a command failed, with {@code --verbose} also the stack trace.
     *
     * @return the exit code
     */
    static int report(Exception failure, CommandLine command, ParseResult parsed) {
        PrintWriter err = command.getErr();
        err.println(command.getCommandSpec().qualifiedName() + ": " + describe(failure));
        boolean verbose = command.getParseResult().hasMatchedOption("--verbose");
        if (verbose) {
            StringWriter trace = new StringWriter();
            failure.printStackTrace(new PrintWriter(trace, true));
            err.print(Printable.lines(trace.toString()));
            err.flush();
        }
        if (failure instanceof UsageException) {
            return ExitCode.USAGE;
        }
        if (!verbose) {
            err.println("Add --verbose for the stack trace.");
        }
        return command.getCommandSpec().exitCodeOnExecutionException();
    }

    /** Returns the message, and those messages of the causes that add something. */
    static String describe(Throwable failure) {
        StringBuilder text = new StringBuilder(message(failure));
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            String more = message(cause);
            if (text.indexOf(more) < 0) {
                text.append(System.lineSeparator()).append("  because ").append(more);
            }
        }
        return text.toString();
    }

    /** Describes a heap that is too small. */
    static String describe(OutOfMemoryError failure) {
        if (ResourceLimits.isNoThread(failure)) {
            return "blazefl4j: too few threads: " + ResourceLimits.host().describe(failure);
        }
        return "blazefl4j: out of memory: found=" + failure.getMessage() + ", limit="
                + Bytes.text(Runtime.getRuntime().maxMemory())
                + "; request less, or give Java a larger heap (java -Xmx<size>)";
    }

    /** Describes a class or library that does not load. */
    static String describe(LinkageError failure, ResourceLimits limits) {
        String found = describe((Throwable) failure);
        if (limits.isOutOfFiles()) {
            return "blazefl4j: too many open files: found=" + found + limits.openFilesMet();
        }
        return failure instanceof UnsatisfiedLinkError
                ? "blazefl4j: " + found
                : "blazefl4j: a class does not load: found=" + found
                        + ", expected=the jars of the distribution in lib; unpack it again";
    }

    /** Returns the message without the native stack that LibTorch appends. */
    private static String message(Throwable failure) {
        String message = Causes.describe(failure);
        boolean fromLibTorch = message.contains("Exception raised from") || message.contains("\nframe #0: ");
        return Printable.lines(fromLibTorch ? message.lines().findFirst().orElseThrow() : message);
    }
}
