package org.blazefl4j.data;

import java.util.List;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Transforms a whole batch as it is read.
 *
 * <p>To be sent to worker processes, an implementation must be a record of numbers, lists and other such records, not a
 * lambda.
 */
@FunctionalInterface
public interface Transform {

    /**
     * Transforms a batch, shape [n, ...], which stays the caller's and unchanged. Returns a tensor of the same n that
     * the caller owns, or {@code x} itself if there is nothing to do.
     *
     * @param generator the source of random numbers; random transforms fail if it is null
     */
    Tensor apply(Tensor x, @Nullable Generator generator);

    /** Applies transforms one after another, first to last, all with the same generator. */
    static Transform compose(Transform... transforms) {
        return new Compose(List.of(transforms));
    }

    /**
     * Converts any type to float32 and divides: {@code toFloat(255)} maps image bytes to 0 to 1, with the bits of
     * torchvision's {@code ToTensor}.
     *
     * @param divisor divides every element
     * @throws IllegalArgumentException if it is 0 or not finite
     */
    static Transform toFloat(double divisor) {
        return new ToFloat(divisor);
    }

    /** Normalises as {@link #normalize(List, List)}, with one channel. */
    static Transform normalize(double mean, double std) {
        return normalize(List.of(mean), List.of(std));
    }

    /**
     * Subtracts a mean from each channel and divides by a standard deviation. For float32 of shape [n, channels, ...].
     *
     * @param mean one mean per channel
     * @param std one standard deviation per channel
     * @throws IllegalArgumentException if the lists differ in length or are empty, a number is not finite, or a
     *     deviation is not above 0
     */
    static Transform normalize(List<Double> mean, List<Double> std) {
        return new Normalize(mean, std);
    }

    /**
     * Returns what gives each channel of such images mean 0 and variance 1: {@link #toFloat} by 255, then
     * {@link #normalize(List, List)}. A constant channel becomes 0.
     *
     * @param images uint8 of shape [n, channels, height, width]
     */
    static Transform normalizeBytes(Tensor images) {
        return Normalize.ofBytes(images);
    }

    /**
     * Pads each image with zeros and cuts out a square at a random position. For shape [n, channels, height, width] of
     * any type; returns [n, channels, size, size].
     *
     * <p>Draws the top rows of all squares, then their left columns, each as {@code randint(positions, [n])}.
     *
     * @param size the square's side in pixels, 1 or more
     * @param padding the padding on each side in pixels, 0 or more
     * @throws IllegalArgumentException if a number is out of range
     */
    static Transform randomCrop(int size, int padding) {
        return new RandomCrop(size, padding);
    }

    /**
     * Mirrors each image from left to right with the same probability. For shape [n, ..., width] of any type.
     *
     * <p>Draws {@code rand(n)} and mirrors the images whose number is below the probability.
     *
     * @param probability from 0 (never) to 1 (always)
     * @throws IllegalArgumentException if it is out of range
     */
    static Transform randomHorizontalFlip(double probability) {
        return new RandomHorizontalFlip(probability);
    }
}
