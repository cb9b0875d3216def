package org.blazefl4j.cli.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.blazefl4j.cli.options.Converters;
import org.blazefl4j.cli.options.OptionUse;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.file.CsvOptions;
import org.blazefl4j.data.file.DataFiles;
import org.blazefl4j.data.file.FileData;
import org.blazefl4j.util.Arguments;
import org.blazefl4j.util.FolderContent;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options for data from a file. */
@Command
final class FileOptions {

    /** The names in result files and checkpoints of files whose content is recorded, so that they may be moved. */
    static final List<String> FILES = List.of("data_file", "test_file");

    private static final String JSON = ".json";

    private static final double USUAL_TEST_SHARE = 0.2;

    /** The same test samples for all seeds of a run. */
    private static final long TEST_SEED = 0;

    @Option(names = "--data-file", paramLabel = "FILE")
    @Nullable
    Path dataFile;

    @Option(names = "--label-column", paramLabel = "NAME")
    @Nullable
    String labelColumn;

    @Option(names = "--client-column", paramLabel = "NAME")
    @Nullable
    String clientColumn;

    @Option(names = "--category-columns", paramLabel = "NAMES", split = ",")
    @Nullable
    List<String> categoryColumns;

    @Option(names = "--ignore-columns", paramLabel = "NAMES", split = ",")
    @Nullable
    List<String> ignoreColumns;

    @Option(names = "--test-file", paramLabel = "FILE")
    @Nullable
    Path testFile;

    @Option(names = "--test-share", paramLabel = "X", converter = Converters.Ratio.class)
    @Nullable
    Double testShare;

    private long[] owners = {};

    boolean isGiven() {
        return dataFile != null;
    }

    boolean isTable() {
        return dataFile != null
                && !Files.isDirectory(dataFile)
                && !isJson(dataFile)
                && !lowerName(dataFile).endsWith(".npz");
    }

    private static String lowerName(Path file) {
        return file.toString().toLowerCase(Locale.ROOT);
    }

    /** Refuses options without effect, and a table without its labels. */
    void check(OptionUse use) {
        for (String option :
                List.of("--label-column", "--client-column", "--category-columns", "--ignore-columns", "--test-file")) {
            use.refuseUnless(isTable(), option, "--data-file with a table in CSV");
        }
        use.refuseUnless(isGiven() && testFile == null, "--test-share", "--data-file without --test-file");
        if (isTable() && labelColumn == null) {
            throw use.refusal("label column missing: --data-file=" + dataFile
                    + ", --label-column=none, expected=the name of the column with the classes; add --label-column");
        }
    }

    /** Requires the files to be there, before anything is made. */
    void requireFiles() {
        require("--data-file", dataFile);
        require("--test-file", testFile);
    }

    private static void require(String option, @Nullable Path file) {
        if (file != null && !Files.isReadable(file)) {
            throw new UsageException(
                    "file cannot be read: " + option + "=" + file + ", found="
                            + (Files.exists(file) ? "permission denied" : FolderContent.nearMissing(file))
                            + ", expected=a table in CSV, arrays of NumPy (.npz, or a folder of .npy), JSON of LEAF, or a folder of images");
        }
    }

    /** Reads the file. */
    ImageData read(Path file, boolean standardised) {
        double share = testShare == null ? USUAL_TEST_SHARE : testShare;
        try {
            FileData data = isTable() ? DataFiles.csv(file, csv(standardised, share)) : unnamed(file, share);
            owners = data.trainOwners();
            return data.samples();
        } catch (IOException e) {
            throw new UsageException("cannot read the data: --data-file=" + file, e);
        }
    }

    private static FileData unnamed(Path file, double share) throws IOException {
        if (isJson(file) || hasFiles(file.resolve("train"), JSON)) {
            return DataFiles.leaf(file, share, TEST_SEED);
        }
        return Files.isDirectory(file) && !hasFiles(file, ".npy")
                ? DataFiles.images(file, share, TEST_SEED)
                : DataFiles.arrays(file, share, TEST_SEED);
    }

    private static boolean isJson(Path file) {
        return !Files.isDirectory(file) && lowerName(file).endsWith(JSON);
    }

    private static boolean hasFiles(Path folder, String suffix) throws IOException {
        if (!Files.isDirectory(folder)) {
            return false;
        }
        try (Stream<Path> content = Files.list(folder)) {
            return content.anyMatch(each -> lowerName(each).endsWith(suffix));
        }
    }

    private CsvOptions csv(boolean standardised, double share) {
        return CsvOptions.of(String.valueOf(labelColumn))
                .withClientColumn(clientColumn)
                .withCategories(set(categoryColumns))
                .withIgnored(set(ignoreColumns))
                .withStandardised(standardised)
                .withTestFile(testFile)
                .withTestShare(share, TEST_SEED);
    }

    private static Set<String> set(@Nullable List<String> names) {
        return names == null ? Set.of() : Set.copyOf(names);
    }

    /** Returns the owner of each training sample, as the file that was read says. */
    long[] owners() {
        Arguments.require(
                owners.length > 0,
                "no owners: --partition=natural, --data-file=" + dataFile
                        + ", expected=a table with --client-column, or an array clients; choose another --partition");
        return owners;
    }
}
