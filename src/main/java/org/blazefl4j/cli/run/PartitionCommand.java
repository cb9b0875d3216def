package org.blazefl4j.cli.run;

import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.cli.options.OptionNames;
import org.blazefl4j.cli.options.OptionUse;
import org.blazefl4j.cli.options.Settings;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.report.Partition;
import org.blazefl4j.report.PartitionPage;
import org.blazefl4j.util.Arguments;
import org.blazefl4j.util.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows how {@code run} would distribute the training images over the clients. */
@Command(
        name = "partition",
        sortOptions = false,
        abbreviateSynopsis = true,
        resourceBundle = "org.blazefl4j.cli.run.texts",
        optionListHeading = "%n")
public final class PartitionCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(names = "--num-clients", paramLabel = "N")
    private int numClients = 100;

    @Option(names = "--seed", paramLabel = "N")
    private long seed = 42;

    @Mixin
    private DataOptions data;

    @Option(
            names = {"--output", "--out"},
            paramLabel = "FILE")
    private Path output = Path.of("partition.html");

    @Option(names = "--verbose")
    private boolean verbose;

    @Override
    public Integer call() {
        OptionUse use = new OptionUse(spec.commandLine(), Settings.NONE);
        use.refuseUnless(false, "--feature-skew", "it to run (the partition is the same with it)");
        data.check(use);
        if (!output.toString().endsWith(".html")) {
            throw new UsageException(
                    "not a page: --output=" + output + ", expected=a name that ends in .html; choose another");
        }
        data.requireFiles();
        try (ImageData images = data.read()) {
            requireShowable(images.classes());
            List<long[]> parts = data.partitioner().partition(images.trainLabels(), numClients, seed);
            show(count(images, parts), images.name());
        } catch (IllegalArgumentException e) {
            throw UsageException.insteadOf(e, OptionNames.in(String.valueOf(e.getMessage()), spec));
        } catch (UncheckedIOException e) {
            throw UsageException.insteadOf(e, String.valueOf(e.getMessage()));
        }
        return ExitCode.OK;
    }

    /** Counts the training images of each class. */
    static Partition count(ImageData images, List<long[]> parts) {
        long[] labels = new long[Math.toIntExact(images.trainLabels().numel())];
        images.trainLabels().data_ptr_long().get(labels);
        return Partition.of(labels, parts, images.classes());
    }

    /** Counts likewise, unless the counts are too many for result files. */
    static Optional<Partition> recorded(ImageData images, List<long[]> parts) {
        return Partition.isRecorded(parts.size(), images.classes())
                ? Optional.of(count(images, parts))
                : Optional.empty();
    }

    /** Refuses what would fill the heap and the page. */
    private void requireShowable(int classes) {
        Arguments.require(
                Partition.isRecorded(numClients, classes),
                "partition too large to show: numClients=" + numClients + ", classes=" + classes + ", limit="
                        + Partition.MOST_COUNTS + " for clients times classes; lower numClients");
    }

    private void show(Partition partition, String images) {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("images", images);
        settings.put("partition", data.describePartition());
        settings.put("seed", seed);
        String title = "Partition of " + images + ": " + data.describePartition();
        PartitionPage.of(partition, title, settings).write(output);
        PrintWriter out = spec.commandLine().getOut();
        out.println(title);
        PartitionPage.figures(partition).forEach((name, value) -> out.printf(Locale.ROOT, "  %-34s %s%n", name, value));
        out.printf(Locale.ROOT, "  %-34s %s%n", "page", Printable.line(output));
        out.flush();
    }
}
