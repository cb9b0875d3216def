package org.blazefl4j.cli.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.blazefl4j.cli.options.Converters;
import org.blazefl4j.cli.options.OptionUse;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.data.file.CsvOptions;
import org.blazefl4j.data.file.DataFiles;
import org.blazefl4j.data.file.FileData;
import org.blazefl4j.util.FolderContent;
import org.blazefl4j.util.Printable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options for data from a file. */
@Command
final class FileOptions {

    /** The names in result files and checkpoints of files whose content is recorded, so that they may be moved. */
    static final List<String> FILES = List.of("data_file", "test_file", "class_shares");

    private static final double USUAL_TEST_SHARE = 0.2;

    /** As in LEAF's Shakespeare. */
    private static final int USUAL_TEXT_LENGTH = 80;

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

    @Option(names = "--text-length", paramLabel = "N")
    @Nullable
    Integer textLength;

    @Option(names = "--text-step", paramLabel = "N")
    @Nullable
    Integer textStep;

    boolean isGiven() {
        return dataFile != null;
    }

    /** Returns whether the file is a table; one named as a text is, if it is said to have columns. */
    boolean isTable() {
        if (dataFile == null || Files.isDirectory(dataFile)) {
            return false;
        }
        FileFormat format = FileFormat.ofFile(dataFile);
        return format == FileFormat.TABLE || format == FileFormat.TEXT && labelColumn != null;
    }

    FileFormat format(Path file) {
        FileFormat byName = FileFormat.of(file);
        return isTable() ? FileFormat.TABLE : byName;
    }

    private boolean isText() {
        return dataFile != null && format(dataFile) == FileFormat.TEXT;
    }

    /** Refuses options without effect, and a table without its labels. */
    void check(OptionUse use) {
        for (String option :
                List.of("--label-column", "--client-column", "--category-columns", "--ignore-columns", "--test-file")) {
            use.refuseUnless(isTable(), option, "--data-file with a table in CSV");
        }
        for (String option : List.of("--text-length", "--text-step")) {
            use.refuseUnless(isText(), option, "--data-file with text (.txt)");
        }
        use.refuseUnless(isGiven() && testFile == null, "--test-share", "--data-file without --test-file");
        if (dataFile != null && isTable() && labelColumn == null) {
            requireFiles();
            throw use.refusal("label column missing: --data-file=" + dataFile
                    + ", --label-column=none, expected=the column with the classes, one of "
                    + Printable.line(columns(dataFile)) + "; add --label-column");
        }
    }

    /** Requires the files to be there, before anything is made. */
    void requireFiles() {
        require("--data-file", dataFile);
        require("--test-file", testFile);
    }

    private static void require(String option, @Nullable Path file) {
        if (file != null && !Files.isReadable(file)) {
            throw new UsageException("file cannot be read: " + option + "=" + file + ", found="
                    + (Files.exists(file) ? "permission denied" : FolderContent.nearMissing(file))
                    + ", expected=" + FileFormat.KNOWN);
        }
    }

    /** Reads the file. */
    FileData read(Path file, boolean standardised) {
        FileFormat format = format(file);
        int length = textLength == null ? USUAL_TEXT_LENGTH : textLength;
        double share = testShare == null ? USUAL_TEST_SHARE : testShare;
        return reading(file, () -> switch (format) {
            case TABLE -> DataFiles.csv(file, csv(standardised, share));
            case ARRAYS -> DataFiles.arrays(file, share, TEST_SEED);
            case LEAF -> DataFiles.leaf(file, share, TEST_SEED);
            case TEXT -> DataFiles.text(file, length, textStep == null ? length : textStep, share);
            case IMAGES -> DataFiles.images(file, share, TEST_SEED);
        });
    }

    private static List<String> columns(Path table) {
        return reading(table, () -> DataFiles.columns(table));
    }

    private interface Reading<T> {
        T read() throws IOException;
    }

    private static <T> T reading(Path file, Reading<T> reading) {
        try {
            return reading.read();
        } catch (IOException e) {
            throw new UsageException("cannot read the data: --data-file=" + file, e);
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
}
