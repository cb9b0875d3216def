package org.blazefl4j.cli.run;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.blazefl4j.cli.options.Converters;
import org.blazefl4j.cli.options.OptionUse;
import org.blazefl4j.cli.options.PartCatalogue.Part;
import org.blazefl4j.data.FeatureSkew;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.Partitioner;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options for the images and their distribution over the clients. */
@Command(optionListHeading = "%nData%n")
final class DataOptions {
    @Mixin
    SourceOptions source;

    @Option(names = "--partition", paramLabel = "KIND")
    Partitioning partition = Partitioning.IID;

    @Option(names = "--num-shards", paramLabel = "N")
    int numShards = 200;

    @Option(names = "--dir-alpha", paramLabel = "A", converter = Converters.Concentration.class)
    double dirAlpha = 1.0;

    @Option(names = "--classes-per-client", paramLabel = "N")
    int classesPerClient = 2;

    @Option(names = "--class-shares", paramLabel = "FILE", converter = HashedFile.Converter.class)
    @Nullable
    HashedFile classShares;

    @Option(names = "--client-sizes", paramLabel = "SIZES", split = ",")
    @Nullable
    List<Double> clientSizes;

    @Option(names = "--size-sigma", paramLabel = "X", converter = Converters.Sigma.class)
    double sizeSigma = 1.0;

    @Option(names = "--iid-share", paramLabel = "X")
    @Nullable
    Double iidShare;

    @Option(names = "--feature-skew", paramLabel = "KIND", converter = FeatureSkewConverter.class)
    @Nullable
    Part<FeatureSkew> featureSkew;

    /** Reads the images, or samples of another kind; the caller closes them. */
    ImageData read() {
        return source.read().samples();
    }

    /** Requires the folder and the files to be there, before anything is made. */
    void requireFiles() {
        source.requireFiles();
    }

    /** Refuses options without effect, and a data set without its folder. */
    void check(OptionUse use) {
        use.refuseUnless(partition.hasShards(), "--num-shards", "--partition shards");
        use.refuseUnless(
                partition.hasAlpha(),
                "--dir-alpha",
                "--partition dirichlet, capped-dirichlet, balanced-dirichlet or dirichlet-sizes");
        use.refuseUnless(
                partition.hasClasses(),
                "--classes-per-client",
                "--partition classes, consecutive-classes or random-classes");
        use.refuseUnless(partition == Partitioning.CLASS_SHARES, "--class-shares", "--partition class-shares");
        use.refuseUnless(partition.hasSizes(), "--client-sizes", "--partition sizes");
        use.refuseUnless(partition.hasSigma(), "--size-sigma", "--partition log-normal-sizes");
        use.refuseUnless(
                partition != Partitioning.IID && partition != Partitioning.NATURAL,
                "--iid-share",
                "another --partition than iid and natural");
        source.check(use);
        if (partition == Partitioning.NATURAL && !source.mayHaveOwners()) {
            throw use.refusal("owners unknown: --partition=natural, --data-file=none, expected=a file that names the"
                    + " owner of each sample; add --data-file, or --dataset synthetic");
        }
        if (partition == Partitioning.CLASS_SHARES && classShares == null) {
            throw use.refusal(
                    "class shares missing: --partition=class-shares, --class-shares=none, expected=a table in CSV"
                            + " with a line for each client and a number for each class; add --class-shares");
        }
        if (partition.hasSizes() && clientSizes == null) {
            throw use.refusal(
                    "client sizes missing: --partition=sizes, --client-sizes=none, expected=one number above 0"
                            + " for each client, such as 300,200,100; add --client-sizes");
        }
    }

    Partitioner partitioner() {
        return iidShare == null ? ofAll() : Partitioner.mixed(iidShare, ofAll());
    }

    private Partitioner ofAll() {
        return switch (partition) {
            case IID -> Partitioner.iid();
            case SHARDS -> Partitioner.shards(numShards);
            case DIRICHLET -> Partitioner.dirichlet(dirAlpha);
            case CAPPED_DIRICHLET -> Partitioner.cappedDirichlet(dirAlpha, 1);
            case BALANCED_DIRICHLET -> Partitioner.balancedDirichlet(dirAlpha);
            case CLASSES -> Partitioner.classes(classesPerClient);
            case CONSECUTIVE_CLASSES -> Partitioner.consecutiveClasses(classesPerClient);
            case RANDOM_CLASSES -> Partitioner.randomClasses(classesPerClient);
            case CLASS_SHARES ->
                Partitioner.classShares(ClassShares.read(
                        Objects.requireNonNull(classShares, "classShares").path()));
            case SIZES -> Partitioner.sizes(sizes());
            case DIRICHLET_SIZES -> Partitioner.dirichletSizes(dirAlpha);
            case NATURAL -> Partitioner.owners(source.owners());
            case LOG_NORMAL_SIZES -> Partitioner.logNormalSizes(sizeSigma);
        };
    }

    /** Returns what is recorded besides the options. */
    Map<String, Object> recorded() {
        return classShares == null ? Map.of() : Map.of("class_shares_sha256", classShares.sha256());
    }

    private double[] sizes() {
        return Objects.requireNonNull(clientSizes, "clientSizes").stream()
                .mapToDouble(Double::doubleValue)
                .toArray();
    }

    String describePartition() {
        return partition
                + describeSettings()
                + (iidShare == null ? "" : ", " + iidShare + " of all dealt evenly")
                + (featureSkew == null ? "" : ", feature skew " + featureSkew);
    }

    private String describeSettings() {
        if (classShares != null) {
            return " of " + classShares.path().getFileName();
        }
        if (partition.hasShards()) {
            return ", " + numShards + " in total";
        }
        if (partition.hasClasses()) {
            return ", " + classesPerClient + " per client";
        }
        if (partition.hasSigma()) {
            return ", sigma " + sizeSigma;
        }
        return partition.hasAlpha() ? ", alpha " + dirAlpha : "";
    }
}
