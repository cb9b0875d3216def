package org.blazefl4j.cli.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.blazefl4j.cli.options.PartCatalogue;
import org.blazefl4j.cli.options.PartCatalogue.Part;
import org.blazefl4j.cli.options.PartCatalogue.Settings;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.SyntheticData;
import org.blazefl4j.data.file.FileData;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.blazefl4j.util.FolderContent;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;

/**
 * A data set that has a name, as chosen by {@code --dataset}.
 *
 * @param origin where it comes from
 * @param source reads or makes it
 */
record DatasetName(Origin origin, Source source) {

    /** Where a data set comes from. */
    enum Origin {
        /** From a folder. */
        FILES,
        /** From a folder; without one, a subset of it is in the jar. */
        INCLUDED,
        /** It is computed, client by client: rows of numbers, with owners. */
        GENERATED
    }

    /** Reads a data set from a folder, or makes it without one; the caller closes it. */
    private interface Source {
        FileData read(@Nullable Path folder) throws IOException;
    }

    private interface Folder {
        ImageData read(Path folder) throws IOException;
    }

    private static final PartCatalogue<DatasetName> ALL = new PartCatalogue<DatasetName>()
            .with("fashion-mnist", set -> included(ImageData::fashionMnist))
            .with("mnist", set -> files(ImageData::mnist))
            .with("cifar10", set -> files(ImageData::cifar10))
            .with("cifar100", set -> files(ImageData::cifar100))
            .with("emnist-balanced", set -> emnist("balanced"))
            .with("emnist-byclass", set -> emnist("byclass"))
            .with("emnist-bymerge", set -> emnist("bymerge"))
            .with("emnist-digits", set -> emnist("digits"))
            .with("emnist-letters", set -> emnist("letters"))
            .with("emnist-mnist", set -> emnist("mnist"))
            .with("synthetic:alpha=1,beta=1,clients=30,seed=0", DatasetName::synthetic);

    static final Part<DatasetName> FASHION_MNIST = ALL.parse("fashion-mnist");

    private static DatasetName files(Folder reader) {
        return new DatasetName(
                Origin.FILES, folder -> FileData.of(reader.read(Objects.requireNonNull(folder, "folder"))));
    }

    private static DatasetName included(Folder reader) {
        return new DatasetName(
                Origin.INCLUDED,
                folder -> FileData.of(folder == null ? ImageData.fashionMnist() : reader.read(folder)));
    }

    private static DatasetName emnist(String split) {
        return files(folder -> ImageData.emnist(folder, split));
    }

    private static DatasetName synthetic(Settings set) {
        double alpha = set.number("alpha");
        double beta = set.number("beta");
        int clients = set.count("clients");
        int seed = set.count("seed");
        Arguments.requireNotNegative("deviation", "alpha", alpha);
        Arguments.requireNotNegative("deviation", "beta", beta);
        Arguments.require(clients >= 1, "number of clients: clients=" + clients + ", limit=1 or more");
        String name = "Synthetic(" + set.text("alpha") + ", " + set.text("beta") + ")";
        return new DatasetName(Origin.GENERATED, folder -> {
            try (PointerScope scope = new PointerScope()) {
                return generated(name, SyntheticData.of(alpha, beta, clients, seed));
            }
        });
    }

    private static FileData generated(String name, SyntheticData data) {
        ImageData samples = new ImageData(
                name,
                SyntheticData.CLASSES,
                rows(data.inputs(), data.allTrain()).view(-1, 1, 1, SyntheticData.INPUTS),
                rows(data.classes(), data.allTrain()),
                rows(data.inputs(), data.allTest()).view(-1, 1, 1, SyntheticData.INPUTS),
                rows(data.classes(), data.allTest()),
                null);
        data.close();
        List<String> owners = IntStream.range(0, data.train().size())
                .mapToObj(Integer::toString)
                .toList();
        return new FileData(samples, owners(data.train()), owners(data.test()), owners, List.of(), List.of());
    }

    private static Tensor rows(Tensor all, long[] positions) {
        return all.index_select(0, Tensors.of(positions));
    }

    private static long[] owners(List<long[]> parts) {
        return IntStream.range(0, parts.size())
                .boxed()
                .flatMapToLong(owner -> LongStream.generate(() -> owner).limit(parts.get(owner).length))
                .toArray();
    }

    /**
     * Checks the folder of a data set.
     *
     * @param folder null if there is none
     * @throws UsageException if it is missing or not a readable folder
     */
    static void requireFolder(Part<DatasetName> dataset, @Nullable Path folder) {
        if (folder != null && !Files.isDirectory(folder)) {
            throw new UsageException(
                    "no such folder: --data-dir=" + folder + ", found=" + FolderContent.nearMissing(folder)
                            + ", expected=a folder with the files of " + dataset + "; give their folder");
        }
        if (folder != null && !(Files.isReadable(folder) && Files.isExecutable(folder))) {
            throw new UsageException("folder cannot be read: --data-dir=" + folder
                    + ", found=permission denied; make it readable, or choose another");
        }
    }

    /**
     * Reads or makes a data set.
     *
     * @param folder null if there is none
     * @return the samples, which the caller closes
     * @throws UsageException if the folder or a file cannot be read, or the samples are too many
     */
    static FileData read(Part<DatasetName> dataset, @Nullable Path folder) {
        try {
            return dataset.value().source.read(folder);
        } catch (IOException e) {
            throw new UsageException("cannot read the data: --dataset=" + dataset + ", --data-dir=" + folder, e);
        } catch (IllegalArgumentException e) {
            throw UsageException.insteadOf(e, "cannot make the data: --dataset=" + dataset + ": " + e.getMessage());
        }
    }

    /** Converts {@code mnist}, or {@code synthetic:alpha=0.5}, in upper or lower case. */
    static final class Converter implements ITypeConverter<Part<DatasetName>> {
        @Override
        public Part<DatasetName> convert(String text) {
            return ALL.parse(text.toLowerCase(Locale.ROOT));
        }
    }
}
