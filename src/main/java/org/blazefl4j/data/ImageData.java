package org.blazefl4j.data;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A data set of labelled images, split into training and test samples. Owns its tensors and closes them; do not use the
 * data sets that it returns after {@link #close()}.
 *
 * <pre>{@code
 * try (ImageData data = FashionMnist.embedded()) {
 *     for (Batch batch : new DataLoader(data.train(), 50, true, generator)) { ... }
 * }
 * }</pre>
 *
 * @param name the data set's name
 * @param classes the number of classes
 * @param trainImages shape [n, channels, height, width]
 * @param trainLabels int64 of shape [n], each in [0, classes)
 * @param testImages shape [m, channels, height, width]
 * @param testLabels int64 of shape [m], each in [0, classes)
 * @param normalisation converts a batch of the images to model input; null if they already are model input
 * @param sha256 identifies the samples in a run's records and its checkpoints' configuration. By default, the hash of
 *     the training images and labels, then the test images and labels, by {@link Tensors#sha256(java.util.List)}, which
 *     takes 0.1 s for 60 000 images of 28×28 bytes. {@link #normalised} data keeps the hash of its source.
 */
public record ImageData(
        String name,
        int classes,
        Tensor trainImages,
        Tensor trainLabels,
        Tensor testImages,
        Tensor testLabels,
        @Nullable Transform normalisation,
        @Nullable String sha256)
        implements AutoCloseable {

    /**
     * Takes ownership of the tensors, and hashes them if {@code sha256} is null.
     *
     * @throws IllegalArgumentException if shapes or labels do not match; the caller then keeps the tensors
     */
    public ImageData {
        checkPart("training", trainImages, trainLabels, classes);
        checkPart("test", testImages, testLabels, classes);
        Arguments.require(
                Arrays.equals(imageShape(trainImages), imageShape(testImages)),
                "images differ: training=" + Tensors.describe(trainImages) + ", test=" + Tensors.describe(testImages)
                        + ", expected=equal channels, height and width");
        List<Tensor> tensors = List.of(trainImages, trainLabels, testImages, testLabels);
        sha256 = sha256 == null ? Tensors.sha256(tensors) : sha256;
        tensors.forEach(Tensor::retainReference); // they outlive the pointer scope of their creation
    }

    /** Takes ownership of the tensors and hashes them. */
    public ImageData(
            String name,
            int classes,
            Tensor trainImages,
            Tensor trainLabels,
            Tensor testImages,
            Tensor testLabels,
            @Nullable Transform normalisation) {
        this(name, classes, trainImages, trainLabels, testImages, testLabels, normalisation, null);
    }

    /** Reads both parts, and frees what reading leaves. */
    static ImageData of(
            String name,
            int classes,
            LabelledImages.Source trainSource,
            LabelledImages.Source testSource,
            @Nullable Transform normalisation)
            throws IOException {
        try (PointerScope scope = new PointerScope()) {
            LabelledImages train = trainSource.read();
            LabelledImages test = testSource.read();
            try {
                return new ImageData(
                        name, classes, train.images(), train.labels(), test.images(), test.labels(), normalisation);
            } catch (IllegalArgumentException e) {
                throw new IOException(
                        "the files of " + name + " do not belong together: " + train.file() + " and " + test.file()
                                + ": " + e.getMessage(),
                        e);
            }
        }
    }

    private static void checkPart(String part, Tensor images, Tensor labels, int classes) {
        Arguments.require(
                images.dim() == 4,
                part + " images: images=" + Tensors.describe(images)
                        + ", expected=[n, channels, height, width]; reshape them");
        Samples.count(images, labels);
        try {
            Samples.checkIndices(labels, classes);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    part + " labels do not match the number of classes: classes=" + classes, e);
        }
    }

    private static long[] imageShape(Tensor images) {
        return Arrays.copyOfRange(images.shape(), 1, 4);
    }

    /** The training samples as model input. */
    public TensorDataset train() {
        return new TensorDataset(trainImages, trainLabels, normalisation);
    }

    /** The test samples as model input. */
    public TensorDataset test() {
        return new TensorDataset(testImages, testLabels, normalisation);
    }

    /**
     * Returns an independent copy, which the caller owns, whose images are already normalised, so that reading a batch
     * only copies. Takes four times the memory of image bytes.
     */
    public ImageData normalised() {
        return new ImageData(
                name,
                classes,
                normalise(trainImages),
                trainLabels.clone(),
                normalise(testImages),
                testLabels.clone(),
                null,
                sha256);
    }

    /**
     * Returns these samples with another conversion to model input, in place of this object: both share the tensors,
     * which the caller closes once.
     *
     * @param normalisation converts a batch of the images to model input; null if they already are model input
     */
    public ImageData withNormalisation(@Nullable Transform normalisation) {
        ImageData other =
                new ImageData(name, classes, trainImages, trainLabels, testImages, testLabels, normalisation, sha256);
        List.of(trainImages, trainLabels, testImages, testLabels).forEach(Tensor::releaseReference);
        return other;
    }

    private Tensor normalise(Tensor images) {
        Tensor result = normalisation == null ? images : normalisation.apply(images, null);
        return result == images ? images.clone() : result;
    }

    @Override
    public void close() {
        List.of(trainImages, trainLabels, testImages, testLabels).forEach(Tensor::close);
    }
}
