package org.blazefl4j.cli.run;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.blazefl4j.cli.options.OptionUse;
import org.blazefl4j.cli.options.PartCatalogue.Part;
import org.blazefl4j.cli.run.DatasetName.Origin;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.file.FileData;
import org.blazefl4j.util.Arguments;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options for where samples come from. */
@Command
final class SourceOptions {

    @Option(names = "--dataset", paramLabel = "NAME", converter = DatasetName.Converter.class)
    Part<DatasetName> dataset = DatasetName.FASHION_MNIST;

    @Option(names = "--data-dir", paramLabel = "DIR")
    @Nullable
    Path dataDir;

    @Mixin
    FileOptions file;

    @Option(names = "--pixels", paramLabel = "KIND")
    Pixels pixels = Pixels.NORMALISED;

    private long[] owners = {};

    private long[] testOwners = {};

    private List<String> vocabulary = List.of();

    /** Reads the samples; the caller closes them. */
    FileData read() {
        FileData read = file.dataFile == null
                ? DatasetName.read(dataset, dataDir)
                : file.read(file.dataFile, pixels == Pixels.NORMALISED);
        owners = read.trainOwners();
        testOwners = read.testOwners();
        vocabulary = read.vocabulary();
        return read.samples().normalisation() == null ? read : read.with(pixels.of(read.samples()));
    }

    /** Returns what the samples are. */
    String describe() {
        if (file.dataFile != null) {
            return file.dataFile + ": " + file.format(file.dataFile);
        }
        String without = dataset.value().origin() == Origin.GENERATED ? ": generated" : ": included";
        return dataset + (dataDir == null ? without : ": data set in " + dataDir);
    }

    /** Requires the folder and the files to be there, before anything is made. */
    void requireFiles() {
        DatasetName.requireFolder(dataset, dataDir);
        file.requireFiles();
    }

    /** Refuses options without effect, a table without its labels, and a data set without its folder. */
    void check(OptionUse use) {
        file.check(use);
        use.refuseUnless(!file.isGiven(), "--dataset", "it without --data-file");
        use.refuseUnless(!file.isGiven(), "--data-dir", "it without --data-file");
        use.refuseUnless(!isGenerated(), "--data-dir", "a --dataset that is read from files");
        use.refuseUnless(!isGenerated(), "--pixels", "a --dataset that is read from files");
        if (dataDir == null && dataset.value().origin() == Origin.FILES && !file.isGiven()) {
            throw use.refusal("data folder missing: --dataset=" + dataset
                    + ", --data-dir=none, expected=a folder with the data set's files; add --data-dir, or use"
                    + " --dataset fashion-mnist, which is included");
        }
    }

    /** Returns whether samples are computed. */
    private boolean isGenerated() {
        return !file.isGiven() && dataset.value().origin() == Origin.GENERATED;
    }

    /** Returns whether samples may have owners. */
    boolean mayHaveOwners() {
        return file.isGiven() || isGenerated();
    }

    /** Returns the option for samples that are rows of numbers, no images, if it says so. */
    Optional<String> rows() {
        if (isGenerated()) {
            return Optional.of("--dataset=" + dataset);
        }
        return file.isTable() ? Optional.of("--data-file=" + file.dataFile) : Optional.empty();
    }

    /** Returns the owner of each test sample, -1 for one without training samples; empty if the file does not say. */
    long[] testOwners() {
        return testOwners;
    }

    /** Returns the owner of each training sample, as the file that was read says. */
    long[] owners() {
        Arguments.require(
                owners.length > 0,
                "no owners: --partition=natural, --data-file=" + file.dataFile
                        + ", expected=a table with --client-column, an array clients, JSON of LEAF or a folder of texts; choose"
                        + " another --partition");
        return owners;
    }

    /** Returns whether samples that were read are text, or numbers of tokens all the same, such as those of arrays. */
    boolean areTokens(ImageData samples) {
        return !vocabulary.isEmpty()
                || samples.normalisation() == null
                        && areTokens(samples.trainImages(), samples.classes())
                        && areTokens(samples.testImages(), samples.classes());
    }

    private static boolean areTokens(Tensor x, int classes) {
        try (PointerScope scope = new PointerScope()) {
            return x.min().item_double() >= 0
                    && x.max().item_double() < classes
                    && x.frac().count_nonzero().item_long() == 0;
        }
    }

    /** Returns the characters that numbers in the samples that were read stand for; empty if they are no text. */
    List<String> vocabulary() {
        return vocabulary;
    }
}
