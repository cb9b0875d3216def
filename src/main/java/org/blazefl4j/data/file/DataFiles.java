package org.blazefl4j.data.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.blazefl4j.binding.Build;
import org.blazefl4j.util.Arguments;
import org.blazefl4j.util.Libraries;

/**
 * Reads data sets from files and folders. Samples leave the heap while they are read, so files may be larger than it.
 */
public final class DataFiles {

    private DataFiles() {}

    /**
     * Reads a table: CSV in UTF-8 with a header, separated by commas, semicolons or tabs, whichever the header has most
     * of; plain, or gzip if the name ends in {@code .gz}. Streams: memory holds the numbers, not the text. Needs
     * fastcsv on the class path.
     *
     * <p>Every value is checked. Missing ones and numbers that are none are refused, with file, line and column. Test
     * rows may have no label or category that the training rows lack.
     *
     * <pre>{@code
     * try (FileData data = DataFiles.csv(file, CsvOptions.of("income").withClientColumn("state"))) {
     *     List<long[]> parts = Partitioner.owners(data.trainOwners())
     *             .partition(data.samples().trainLabels(), data.owners().size(), 0);
     * }
     * }</pre>
     *
     * @return samples of float32 with one feature per column of numbers and per category, in the order of the columns;
     *     classes in ascending order of their names, by value if all are whole numbers. The caller closes it
     * @throws IOException if the file cannot be read or has something wrong in it
     * @throws IllegalArgumentException if it lacks a column that the options name
     * @throws IllegalStateException if fastcsv is missing
     */
    public static FileData csv(Path file, CsvOptions options) throws IOException {
        requireFastCsv();
        return new TableReader(options).read(file);
    }

    private static void requireFastCsv() {
        Libraries.require(DataFiles.class, "de.siegmar.fastcsv.reader.CsvReader", Build.library("fastcsv"));
    }

    /**
     * Returns the names of the columns of a table, which {@link #csv} could read.
     *
     * @throws IOException if the file cannot be read or is empty
     * @throws IllegalStateException if fastcsv is missing
     */
    public static List<String> columns(Path file) throws IOException {
        requireFastCsv();
        return TableReader.columns(file);
    }

    /**
     * Reads NumPy's arrays, from a {@code .npz} file or a folder of {@code .npy} files: samples {@code x_train},
     * {@code train_images} or {@code x}, and labels {@code y_train}, {@code train_labels} or {@code y}, from 0; for
     * testing {@code x_test} or {@code test_images}, and {@code y_test} or {@code test_labels}, or else a share of the
     * training samples; and the owners of training samples, if any, {@code clients_train} or {@code clients}, and of
     * test samples, {@code clients_test}.
     *
     * <p>Samples are [n, features], [n, height, width], [n, channels, height, width] or [n, height, width, channels],
     * of integers or floats. Bytes stay bytes and are normalised by the mean and deviation of each channel; other types
     * become float32 and are taken as they are.
     *
     * @param testShare the share of the samples that is held out if there are none for testing
     * @param seed draws these samples
     * @return samples; the caller closes it
     * @throws IOException if an array is missing, damaged, or of the wrong type or shape, or a label or a float is none
     * @throws IllegalArgumentException if the share is out of range
     */
    public static FileData arrays(Path file, double testShare, long seed) throws IOException {
        CsvOptions.requireTestShare(testShare);
        return ArrayReader.read(file, testShare, seed);
    }

    /**
     * Reads a folder of images: one folder for each class, with its images in PNG, JPEG, GIF or BMP, in {@code train}
     * and in {@code test}, {@code val} or {@code validation}; or the folders of classes alone, of which a share is held
     * out. All images are of one size, and all grey if the first one is. Names that begin with a dot are passed over,
     * and transparency is left out. Needs the module {@code java.desktop}.
     *
     * @param testShare the share of the images that is held out if there are none for testing
     * @param seed draws these images
     * @return bytes, grey or red, green and blue, normalised by the mean and deviation of each channel; classes in the
     *     order of their folders' names. The caller closes it
     * @throws IOException if there are no images, or none of a class for training, or a file is damaged or of another
     *     size or kind
     * @throws IllegalArgumentException if the share is out of range
     * @throws IllegalStateException if the module is missing
     */
    public static FileData images(Path folder, double testShare, long seed) throws IOException {
        CsvOptions.requireTestShare(testShare);
        Libraries.require(DataFiles.class, "javax.imageio.ImageIO", "the module java.desktop");
        return ImageFolderReader.read(folder, testShare, seed);
    }

    /**
     * Reads the JSON of LEAF (S. Caldas et al.: LEAF: A Benchmark for Federated Settings, 2018, arXiv:1812.01097):
     * objects with {@code user_data}, which has {@code x} and {@code y} of each user. Streams; each user is an owner.
     * Needs jackson-jr-objects on the class path.
     *
     * <p>Samples of numbers, such as FEMNIST's, are taken as they are; those whose length is a square are images of one
     * channel, [n, 1, 28, 28] for FEMNIST. Labels are classes from 0.
     *
     * <p>Samples of text, such as Shakespeare's, become numbers of characters, [n, 1, 1, length], by
     * {@link FileData#vocabulary}: the characters of the training files. Of a sample that is an array, such as
     * Sent140's, the fifth field is the text. The length is that of the longest training sample; shorter ones are
     * filled up from the left, and longer ones keep their end. Labels are characters, or classes from 0. There are as
     * many classes as characters in the vocabulary, because models of text have one output for each.
     *
     * @param path a file, or a folder with the files in {@code train} and {@code test}
     * @param testShare the share of the samples that is held out if there are none for testing
     * @param seed draws these samples
     * @return samples; the caller closes it
     * @throws IOException if there are no files, or one is damaged, or a sample or a label is none
     * @throws IllegalArgumentException if the share is out of range
     * @throws IllegalStateException if jackson-jr-objects is missing
     */
    public static FileData leaf(Path path, double testShare, long seed) throws IOException {
        CsvOptions.requireTestShare(testShare);
        Libraries.require(
                DataFiles.class, "com.fasterxml.jackson.core.JsonFactory", Build.library("jackson-jr-objects"));
        return LeafReader.read(path, testShare, seed);
    }

    /**
     * Reads text in UTF-8, plain or gzip if the name ends in {@code .gz}, for models that predict the next character: a
     * file, or a folder of files whose names end in {@code .txt} or {@code .txt.gz}, each of which is an owner; or a
     * folder with such files in {@code train} and {@code test}.
     *
     * <p>A sample is so many characters in a row, and its label the one that follows. Characters are Unicode's code
     * points, line breaks too, numbered by {@link FileData#vocabulary}: those of the training files in ascending order,
     * whatever the order of files, and one number for all others.
     *
     * @param length the number of characters in a sample, 1 or more
     * @param step the number of characters from one sample's begin to the next one's, 1 or more; samples overlap if it
     *     is less than the length
     * @param testShare the share at the end of each file that is held out if there are no files for testing
     * @return samples, [n, 1, 1, length], bytes up to 256 classes and float32 beyond; the caller closes it
     * @throws IOException if there are no files, or one is damaged, no UTF-8, or too short for a sample
     * @throws IllegalArgumentException if a number is out of range
     */
    public static FileData text(Path path, int length, int step, double testShare) throws IOException {
        Arguments.require(length >= 1, "length of samples: textLength=" + length + ", limit=1 or more");
        Arguments.require(step >= 1, "step of samples: textStep=" + step + ", limit=1 or more");
        CsvOptions.requireTestShare(testShare);
        return TextReader.read(path, length, step, testShare);
    }
}
