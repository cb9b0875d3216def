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
 * @param owners the names of those with training samples, sorted: by value if all are whole numbers
 */
public record FileData(ImageData samples, long[] trainOwners, List<String> owners) implements AutoCloseable {

    @Override
    public void close() {
        samples.close();
    }
}
