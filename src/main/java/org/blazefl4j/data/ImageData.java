package org.blazefl4j.data;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * A data set of labelled images, split into training and test samples. Owns its tensors and closes them; the data sets
 * that it gives refer to them and are not to be used after {@link #close()}.
 *
 * <pre>{@code
 * try (ImageData data = FashionMnist.embedded()) {
 *     for (Batch batch : new DataLoader(data.train(), 50, true, generator)) { ... }
 * }
 * }</pre>
 */
public final class ImageData implements AutoCloseable {

    private final String name;
    private final int classes;
    private final Tensor trainImages;
    private final Tensor trainLabels;
    private final Tensor testImages;
    private final Tensor testLabels;
    private final Transform normalisation;
    private final String sha256;

    /**
     * Takes ownership of four tensors.
     *
     * @param name the data set's name
     * @param classes the number of classes
     * @param trainImages shape [n, channels, height, width]
     * @param trainLabels int64 of shape [n], each in [0, classes)
     * @param testImages shape [m, channels, height, width]
     * @param testLabels int64 of shape [m], each in [0, classes)
     * @param normalisation what makes a model's input of a batch of the images; null where they are that already
     * @throws IllegalArgumentException if shapes or labels do not fit; the tensors then stay the caller's
     */
    public ImageData(
            String name,
            int classes,
            Tensor trainImages,
            Tensor trainLabels,
            Tensor testImages,
            Tensor testLabels,
            Transform normalisation) {
        this(name, classes, trainImages, trainLabels, testImages, testLabels, normalisation, null);
    }

    /** With the hash of what these tensors were made of; null for their own. */
    private ImageData(
            String name,
            int classes,
            Tensor trainImages,
            Tensor trainLabels,
            Tensor testImages,
            Tensor testLabels,
            Transform normalisation,
            String sha256) {
        this.name = name;
        this.classes = classes;
        this.trainImages = trainImages;
        this.trainLabels = trainLabels;
        this.testImages = testImages;
        this.testLabels = testLabels;
        this.normalisation = normalisation;
        checkPart("training", trainImages, trainLabels);
        checkPart("test", testImages, testLabels);
        if (!Arrays.equals(imageShape(trainImages), imageShape(testImages))) {
            throw new IllegalArgumentException("images differ: training=" + Tensors.describe(trainImages) + ", test="
                    + Tensors.describe(testImages) + ", limit=equal channels, height and width");
        }
        this.sha256 = sha256 == null ? Tensors.sha256(tensors()) : sha256;
        tensors().forEach(Tensor::retainReference); // they outlive the scope that they are made in
    }

    /** Reads both parts; closes what was read if the rest cannot be. */
    static ImageData of(
            String name,
            int classes,
            LabelledImages.Source trainSource,
            LabelledImages.Source testSource,
            Transform normalisation)
            throws IOException {
        LabelledImages train = trainSource.read();
        try {
            LabelledImages test = testSource.read();
            try {
                return new ImageData(
                        name, classes, train.images(), train.labels(), test.images(), test.labels(), normalisation);
            } catch (IllegalArgumentException e) {
                test.close();
                throw new IOException(
                        "the files of " + name + " are not of one set: " + train.file() + " and " + test.file() + ": "
                                + e.getMessage(),
                        e);
            }
        } catch (IOException | RuntimeException | Error e) {
            train.close();
            throw e;
        }
    }

    private void checkPart(String part, Tensor images, Tensor labels) {
        if (images.dim() != 4) {
            throw new IllegalArgumentException(part + " images: images=" + Tensors.describe(images)
                    + ", limit=[n, channels, height, width]; reshape them");
        }
        Samples.count(images, labels);
        try {
            Samples.checkIndices(labels, classes);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(part + " labels do not name " + classes + " classes", e);
        }
    }

    private static long[] imageShape(Tensor images) {
        return Arrays.copyOfRange(images.shape(), 1, 4);
    }

    /** The data set's name. */
    public String name() {
        return name;
    }

    /** The number of classes. */
    public int classes() {
        return classes;
    }

    /** The training images, shape [n, channels, height, width]. */
    public Tensor trainImages() {
        return trainImages;
    }

    /** The training labels, int64 of shape [n], each in [0, classes). */
    public Tensor trainLabels() {
        return trainLabels;
    }

    /** The test images, shape [m, channels, height, width]. */
    public Tensor testImages() {
        return testImages;
    }

    /** The test labels, int64 of shape [m], each in [0, classes). */
    public Tensor testLabels() {
        return testLabels;
    }

    /** What makes a model's input of a batch of the images; null where they are that already. */
    public Transform normalisation() {
        return normalisation;
    }

    /**
     * The SHA-256 of the images and labels as they were read or given, whatever files held them: results depend on it,
     * so it belongs into a run's records and its checkpoints' configuration. It is that of the training images and
     * labels, then the test images and labels, by {@link Tensors#sha256(java.util.List)}; taken once, when this is
     * made, which costs 0.1 s for 60 000 images of 28×28 bytes. {@link #normalised} data has that of what it was made
     * of.
     */
    public String sha256() {
        return sha256;
    }

    /** The training samples as a model's input. */
    public TensorDataset train() {
        return new TensorDataset(trainImages, trainLabels, normalisation);
    }

    /** The test samples as a model's input. */
    public TensorDataset test() {
        return new TensorDataset(testImages, testLabels, normalisation);
    }

    /**
     * The same data with all images normalised once, so that reading a batch is a mere copy: four times the memory of
     * image bytes.
     *
     * @return new data that the caller owns, whatever happens to this
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

    private Tensor normalise(Tensor images) {
        Tensor result = normalisation == null ? images : normalisation.apply(images, null);
        return result == images ? images.clone() : result;
    }

    @Override
    public void close() {
        tensors().forEach(Tensor::close);
    }

    private List<Tensor> tensors() {
        return List.of(trainImages, trainLabels, testImages, testLabels);
    }
}
