package org.blazefl4j.cli.run;

import java.nio.file.Path;
import org.blazefl4j.cli.options.Converters;
import org.blazefl4j.cli.options.OptionUse;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.Partitioner;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options for the images and their distribution over the clients. */
@Command(optionListHeading = "%nData%n")
final class DataOptions {
    @Option(names = "--dataset", paramLabel = "NAME")
    DatasetName dataset = DatasetName.FASHION_MNIST;

    @Option(names = "--data-dir", paramLabel = "DIR")
    @Nullable
    Path dataDir;

    @Option(names = "--partition", paramLabel = "KIND")
    Partitioning partition = Partitioning.IID;

    @Option(names = "--num-shards", paramLabel = "N")
    int numShards = 200;

    @Option(names = "--dir-alpha", paramLabel = "A", converter = Converters.Concentration.class)
    double dirAlpha = 1.0;

    @Option(names = "--classes-per-client", paramLabel = "N")
    int classesPerClient = 2;

    @Option(names = "--pixels", paramLabel = "KIND")
    Pixels pixels = Pixels.NORMALISED;

    /** Reads the images; the caller closes them. */
    ImageData read() {
        return pixels.of(dataset.read(dataDir));
    }

    /** Refuses options without effect, and a data set without its folder. */
    void check(OptionUse use) {
        use.refuseUnless(partition.hasShards(), "--num-shards", "--partition shards");
        use.refuseUnless(
                partition.hasAlpha(), "--dir-alpha", "--partition dirichlet, capped-dirichlet or balanced-dirichlet");
        use.refuseUnless(partition.hasClasses(), "--classes-per-client", "--partition classes");
        if (dataDir == null && !dataset.isEmbedded()) {
            throw use.refusal("data folder missing: --dataset=" + dataset
                    + ", --data-dir=none, expected=a folder with the data set's files; add --data-dir, or use"
                    + " --dataset fashion-mnist, which is included");
        }
    }

    Partitioner partitioner() {
        return partition.partitioner(numShards, dirAlpha, classesPerClient);
    }

    String describePartition() {
        if (partition.hasShards()) {
            return partition + ", " + numShards + " in total";
        }
        if (partition.hasClasses()) {
            return partition + ", " + classesPerClient + " per client";
        }
        return partition.hasAlpha() ? partition + ", alpha " + dirAlpha : partition.toString();
    }
}
