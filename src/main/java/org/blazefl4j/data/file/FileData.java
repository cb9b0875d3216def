package org.blazefl4j.data.file;

import java.util.Arrays;
import java.util.List;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.Partitioner;

/**
 * Samples from a file, and who made them.
 *
 * @param samples of shape [n, 1, 1, features] if the file has no images
 * @param trainOwners for each training sample, the position of its owner in {@code owners}, as
 *     {@link Partitioner#owners} takes it; empty if the file names none
 * @param testOwners for each test sample likewise, -1 if its owner has no training samples; empty if the file names
 *     none for training or for test samples
 * @param owners the names of those with training samples, sorted: by value if all are whole numbers
 * @param classNames the name of each class, in order: words of a table's column, folders of images, or characters;
 *     empty if the file numbers its classes
 * @param vocabulary if samples are text, the character that each number in them stands for, in ascending order; the
 *     last one is empty: its number stands for all characters that the training texts lack, and for the room before
 *     short texts. Empty if samples are no text
 */
public record FileData(
        ImageData samples,
        long[] trainOwners,
        long[] testOwners,
        List<String> owners,
        List<String> classNames,
        List<String> vocabulary)
        implements AutoCloseable {

    /** Makes data without owners and names. */
    public static FileData of(ImageData samples) {
        return withoutOwners(samples, List.of());
    }

    static FileData withoutOwners(ImageData samples, List<String> classNames) {
        return new FileData(samples, new long[0], new long[0], List.of(), classNames, List.of());
    }

    /** Returns the same with other samples in their place. */
    public FileData with(ImageData others) {
        return new FileData(others, trainOwners, testOwners, owners, classNames, vocabulary);
    }

    /** Gives owners that are named by their codes their names, and the order of these. */
    FileData named(Names names) {
        Names present = new Names();
        owners.forEach(code -> present.add(names.name(Integer.parseInt(code))));
        int[] ranks = present.ranks();
        return new FileData(
                samples,
                ranked(trainOwners, ranks),
                ranked(testOwners, ranks),
                present.sorted(),
                classNames,
                vocabulary);
    }

    private static long[] ranked(long[] positions, int[] ranks) {
        return Arrays.stream(positions)
                .map(position -> position < 0 ? position : ranks[(int) position])
                .toArray();
    }

    /** Makes samples text: numbers of characters, which models take as they are. */
    FileData withText(List<String> ofClasses, List<String> characters) {
        return new FileData(samples.withNormalisation(null), trainOwners, testOwners, owners, ofClasses, characters);
    }

    @Override
    public void close() {
        samples.close();
    }
}
