package org.blazefl4j.data.file;

import java.nio.file.Path;
import java.util.Set;
import org.blazefl4j.util.Arguments;
import org.jspecify.annotations.Nullable;

/**
 * What the columns of a table mean, and where its test samples come from. Columns without another meaning are numbers.
 *
 * @param labelColumn the column with the classes, numbers or words
 * @param clientColumn the column that names the owner of each row; null if there is none
 * @param categories columns of words or codes, of which each value becomes a feature that is 0 or 1
 * @param ignored columns that are not read
 * @param standardised whether numbers get mean 0 and variance 1 over the training rows, for each column
 * @param testFile a file with the same columns for testing; null to hold out rows of the one file
 * @param testShare the share of rows that is held out, above 0 and below 1; without effect if there is a test file
 * @param seed draws these rows
 */
public record CsvOptions(
        String labelColumn,
        @Nullable String clientColumn,
        Set<String> categories,
        Set<String> ignored,
        boolean standardised,
        @Nullable Path testFile,
        double testShare,
        long seed) {

    private static final double USUAL_TEST_SHARE = 0.2;

    /** Throws an {@link IllegalArgumentException} if the share is out of range. */
    public CsvOptions {
        requireTestShare(testShare);
        categories = Set.copyOf(categories);
        ignored = Set.copyOf(ignored);
    }

    static void requireTestShare(double testShare) {
        Arguments.require(
                testShare > 0 && testShare < 1,
                "test share out of range: testShare=" + testShare + ", limit=above 0 and below 1");
    }

    /** Returns options for numbers with a column of classes: standardised, with a fifth of the rows held out. */
    public static CsvOptions of(String labelColumn) {
        return new CsvOptions(labelColumn, null, Set.of(), Set.of(), true, null, USUAL_TEST_SHARE, 0);
    }

    /** Returns options with a column that names each row's owner. */
    public CsvOptions withClientColumn(@Nullable String column) {
        return new CsvOptions(labelColumn, column, categories, ignored, standardised, testFile, testShare, seed);
    }

    /** Returns options with other columns of categories. */
    public CsvOptions withCategories(Set<String> columns) {
        return new CsvOptions(labelColumn, clientColumn, columns, ignored, standardised, testFile, testShare, seed);
    }

    /** Returns options with other columns that are not read. */
    public CsvOptions withIgnored(Set<String> columns) {
        return new CsvOptions(labelColumn, clientColumn, categories, columns, standardised, testFile, testShare, seed);
    }

    /** Returns options that standardise numbers, or take them as they are. */
    public CsvOptions withStandardised(boolean on) {
        return new CsvOptions(labelColumn, clientColumn, categories, ignored, on, testFile, testShare, seed);
    }

    /** Returns options with a file for testing. */
    public CsvOptions withTestFile(@Nullable Path file) {
        return new CsvOptions(labelColumn, clientColumn, categories, ignored, standardised, file, testShare, seed);
    }

    /** Returns options that hold out another share of the rows, drawn by a seed. */
    public CsvOptions withTestShare(double share, long drawnBy) {
        return new CsvOptions(labelColumn, clientColumn, categories, ignored, standardised, testFile, share, drawnBy);
    }
}
