package org.blazefl4j.data.file;

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
 * @param classNames the name of each class, in order: words of a table's column, or folders of images; empty if the
 *     file numbers its classes
 */
public record FileData(
        ImageData samples, long[] trainOwners, long[] testOwners, List<String> owners, List<String> classNames)
        implements AutoCloseable {

    /** Makes data without owners and names. */
    public static FileData of(ImageData samples) {
        return withoutOwners(samples, List.of());
    }

    static FileData withoutOwners(ImageData samples, List<String> classNames) {
        return new FileData(samples, new long[0], new long[0], List.of(), classNames);
    }

    /** Returns the same with other samples in their place. */
    public FileData with(ImageData others) {
        return new FileData(others, trainOwners, testOwners, owners, classNames);
    }

    @Override
    public void close() {
        samples.close();
    }
}
