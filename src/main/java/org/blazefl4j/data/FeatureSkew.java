package org.blazefl4j.data;

import java.util.List;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Changes the inputs of each client's samples in a way of the client's own, so that clients differ in features and not
 * only in classes and size. {@link #apply} does so once, before clients train:
 *
 * <pre>{@code
 * TensorDataset rotated = FeatureSkew.rotation(90, 4).apply(images.train(), parts, seed);
 * data.setClients(PartitionType.TRAIN, rotated, parts);
 * ...
 * rotated.data().close();
 * }</pre>
 *
 * <p>Apply it before {@link ClientSplits}, so that a client's validation and test samples are like those that it trains
 * on.
 */
@FunctionalInterface
public interface FeatureSkew {

    /**
     * Changes samples of one client.
     *
     * @param samples as they are stored, before any transform, shape [n, ...]; the caller's, and unchanged
     * @param client from 0 to {@code clients - 1}
     * @param seed the only source of randomness, together with the client
     * @return samples of the same shape and type, or of float32, which the caller owns; {@code samples} itself if there
     *     is nothing to change
     * @throws IllegalArgumentException if samples of this kind cannot be changed so
     */
    Tensor change(Tensor samples, int client, int clients, long seed);

    /**
     * Returns a data set in which each client's samples are changed, at the same positions, and all others are as they
     * were. Training on it takes no longer than on the original. Needs memory for the copy and, besides, for what
     * {@link #change} makes for one client at a time.
     *
     * @param samples not changed; a transform that it has comes after the change
     * @param parts each client's positions, as a {@link Partitioner} returns them
     * @param seed give samples from another source another one, so that they do not get the same noise
     * @return the data set, with targets and transforms of the original and with a tensor of inputs that the caller
     *     closes after its last use
     * @throws IllegalArgumentException if the samples cannot be changed so, or a position is out of range
     */
    default TensorDataset apply(TensorDataset samples, List<long[]> parts, long seed) {
        try (PointerScope scope = new PointerScope()) {
            Tensor all = samples.data().clone();
            for (int client = 0; client < parts.size(); client++) {
                try (PointerScope ofClient = new PointerScope()) {
                    Tensor positions = Tensors.of(parts.get(client));
                    Tensor own = Samples.pick(samples.data(), positions);
                    try (Tensor changed = change(own, client, parts.size(), seed)) {
                        if (changed != own) {
                            all = Tensors.type(changed) == ScalarType.Float ? floats(all, scope) : all;
                            all.index_copy_(0, positions, changed.toType(all.scalar_type()));
                        }
                    }
                }
            }
            all.retainReference();
            return new TensorDataset(all, samples.targets(), samples.transform(), samples.targetTransform());
        }
    }

    /** Turns a tensor into one of float32, which a scope frees unless it is retained, and frees it. */
    private static Tensor floats(Tensor all, PointerScope scope) {
        if (Tensors.type(all) == ScalarType.Float) {
            return all;
        }
        try (all) {
            Tensor floats = all.toType(ScalarType.Float);
            scope.attach(floats);
            return floats;
        }
    }

    /**
     * Rotates images counterclockwise about their centre, those of client i by {@code i mod groups} times an angle:
     * with 90 degrees and 4 groups, the clusters of rotated images of A. Ghosh et al.: An Efficient Framework for
     * Clustered Federated Learning, NeurIPS 2020.
     *
     * <p>Quarter turns move pixels and are exact. Other angles interpolate bilinearly, with zeros from outside the
     * image, and round bytes to the nearest. For uint8 or float32 of shape [n, channels, height, width].
     *
     * @param degrees the angle between one group and the next
     * @param groups the number of groups, 1 or more; as many as there are clients give each its own angle
     * @throws IllegalArgumentException if the angle is not finite, or there is no group
     */
    static FeatureSkew rotation(double degrees, int groups) {
        return new Rotation(degrees, groups);
    }

    /**
     * Adds Gaussian noise, which stays the same whenever a sample is read: with mean 0 and, for client i of N from 0,
     * variance {@code sigma * (i + 1) / N} (the noise-based feature imbalance of Q. Li et al.: Federated Learning on
     * Non-IID Data Silos: An Experimental Study, ICDE 2022).
     *
     * <p>It is that of pixels from 0 to 1, so bytes become float32 from 0 to 255 with 255 times the noise; they take
     * four times the memory. Numbers of float32 get the noise as it is. Nothing is cut off. Draws from the client's
     * stream {@code feature-noise} of the seed.
     *
     * @param sigma the variance of the last client, 0 or more
     * @throws IllegalArgumentException if it is negative or not finite
     */
    static FeatureSkew noise(double sigma) {
        return new FeatureNoise(sigma);
    }
}
