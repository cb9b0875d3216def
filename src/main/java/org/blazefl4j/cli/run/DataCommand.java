package org.blazefl4j.cli.run;

import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.cli.options.Invocation;
import org.blazefl4j.cli.options.OptionNames;
import org.blazefl4j.cli.options.OptionUse;
import org.blazefl4j.cli.options.Settings;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.data.file.FileData;
import org.blazefl4j.util.Printable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says what data {@code run} would find, and with which options it trains on them. */
@Command(
        name = "data",
        sortOptions = false,
        abbreviateSynopsis = true,
        resourceBundle = "org.blazefl4j.cli.run.texts",
        parameterListHeading = "%n",
        optionListHeading = "%n")
public final class DataCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", arity = "0..1", paramLabel = "PATH")
    @Nullable
    private Path path;

    @Mixin
    private SourceOptions source;

    @Option(names = "--verbose")
    private boolean verbose;

    @Override
    public Integer call() {
        OptionUse use = new OptionUse(spec.commandLine(), Settings.NONE);
        if (path != null && source.file.isGiven()) {
            throw use.refusal("two files: PATH=" + path + ", --data-file=" + source.file.dataFile
                    + ", expected=one; omit the other");
        }
        source.file.dataFile = path == null ? source.file.dataFile : path;
        source.check(use);
        source.requireFiles();
        try (FileData data = source.read()) {
            show(new DataSummary(data));
        } catch (IllegalArgumentException e) {
            throw UsageException.insteadOf(e, OptionNames.in(String.valueOf(e.getMessage()), spec));
        } catch (UncheckedIOException e) {
            throw UsageException.insteadOf(e, String.valueOf(e.getMessage()));
        }
        return ExitCode.OK;
    }

    private void show(DataSummary summary) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(Printable.line(source.describe()));
        summary.lines().forEach(out::println);
        List<String> args = new ArrayList<>(List.of("run"));
        args.addAll(given());
        args.addAll(summary.options());
        out.println();
        out.println("Train on it:");
        out.println("  " + Invocation.of(spec).with(args));
        out.flush();
    }

    /** Returns the options that lead to this data, as they were given. */
    private List<String> given() {
        List<String> options = new ArrayList<>();
        if (path != null) {
            options.add("--data-file=" + path);
        }
        spec.commandLine().getParseResult().matchedOptions().stream()
                .distinct()
                .filter(option -> !option.longestName().equals("--verbose"))
                .forEach(option -> option.originalStringValues()
                        .forEach(value -> options.add(option.longestName() + "=" + value)));
        return options;
    }
}
