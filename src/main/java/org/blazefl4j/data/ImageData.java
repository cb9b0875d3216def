package org.blazefl4j.data;

import java.io.IOException;
import java.nio.file.Path;
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
 * try (ImageData data = ImageData.fashionMnist()) {
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

    /**
     * Reads the subset of Fashion-MNIST in the library's jar: the first 1 000 training images and the first 200 test
     * images of each class, in the order of the whole set.
     *
     * @return 10 000 training and 2 000 test images as {@link #fashionMnist(Path)} returns them; the caller closes it
     */
    public static ImageData fashionMnist() {
        return IdxSet.FASHION_MNIST.embedded();
    }

    /**
     * Reads Fashion-MNIST: grey images of 28×28 pixels in 10 classes of clothing (H. Xiao, K. Rasul, R. Vollgraf:
     * Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms, 2017, arXiv:1708.07747).
     * Copyright Zalando SE, MIT licence. Normalised by the training set's mean 0.2860 and standard deviation 0.3530
     * after division by 255.
     *
     * @param folder its four files as {@link #idx} finds them, such as {@code /usr/share/datasets/fashion-mnist} of
     *     Debian's package {@code dataset-fashion-mnist}
     * @return 60 000 training and 10 000 test images, uint8 of shape [n, 1, 28, 28]; the caller closes it
     */
    public static ImageData fashionMnist(Path folder) throws IOException {
        return IdxSet.FASHION_MNIST.read(folder);
    }

    /**
     * Reads MNIST: grey images of 28×28 pixels of the ten digits (Y. LeCun, L. Bottou, Y. Bengio, P. Haffner:
     * Gradient-Based Learning Applied to Document Recognition, Proceedings of the IEEE 86, 1998). Normalised by the
     * training set's mean 0.1307 and standard deviation 0.3081 after division by 255.
     *
     * @param folder its four files as {@link #idx} finds them
     * @return 60 000 training and 10 000 test images, uint8 of shape [n, 1, 28, 28]; the caller closes it
     */
    public static ImageData mnist(Path folder) throws IOException {
        return IdxSet.MNIST.read(folder);
    }

    /**
     * Reads a set of EMNIST: grey images of 28×28 pixels of handwritten characters (G. Cohen, S. Afshar, J. Tapson, A.
     * van Schaik: EMNIST: an extension of MNIST to handwritten letters, 2017, arXiv:1702.05373). Its files have rows
     * and columns exchanged; they are exchanged back, so that characters stand upright. Normalised by the training
     * set's mean and standard deviation.
     *
     * @param folder its four files, such as {@code emnist-letters-train-images-idx3-ubyte.gz}, as {@link #idx} finds
     *     them, also in the folder {@code gzip} that the archive unpacks to
     * @param split the set: {@code balanced} or {@code bymerge} of 47 classes, {@code byclass} of 62, {@code digits} or
     *     {@code mnist} of 10, or {@code letters} of 26, whose labels 1 to 26 become 0 to 25
     * @return images as uint8 of shape [n, 1, 28, 28]; the caller closes it
     * @throws IOException if a file is missing or damaged, the numbers of labels and images differ, or a label is out
     *     of range
     * @throws IllegalArgumentException if there is no such set
     */
    public static ImageData emnist(Path folder, String split) throws IOException {
        return EmnistSplit.of(split).read(folder);
    }

    /**
     * Reads the binary version of CIFAR-10: colour images of 32×32 pixels (A. Krizhevsky: Learning Multiple Layers of
     * Features from Tiny Images, 2009). Normalised by the training set's channel means 0.4914, 0.4822, 0.4465 and
     * standard deviations 0.2470, 0.2435, 0.2616 after division by 255.
     *
     * <p>Searches a folder for the data files, then for the folder that the archive unpacks to
     * ({@code cifar-10-batches-bin}), then for the archive ({@code cifar-10-binary.tar.gz}), which it reads without
     * unpacking it to disk.
     *
     * @return 50 000 training and 10 000 test images, uint8 of shape [n, 3, 32, 32]; the caller closes it
     * @throws IOException if a file is missing, damaged, or of the wrong size or kind
     */
    public static ImageData cifar10(Path folder) throws IOException {
        return CifarReader.read(folder, CifarReader.CIFAR10);
    }

    /**
     * Reads CIFAR-100 with its 100 fine labels as {@link #cifar10}, from {@code cifar-100-binary} or
     * {@code cifar-100-binary.tar.gz}. Normalised by means 0.5071, 0.4865, 0.4409 and deviations 0.2673, 0.2564,
     * 0.2762.
     */
    public static ImageData cifar100(Path folder) throws IOException {
        return CifarReader.read(folder, CifarReader.CIFAR100);
    }

    /**
     * Reads another set in MNIST's format, IDX, plain or gzip (detected by content), from a folder with four files
     * named as MNIST's: {@code train-images-idx3-ubyte}, {@code train-labels-idx1-ubyte},
     * {@code t10k-images-idx3-ubyte} and {@code t10k-labels-idx1-ubyte}. Accepts a {@code .gz} suffix, either letter
     * case, and a dot instead of the dash before {@code idx}. Also searches the subfolder {@code raw} and a subfolder
     * named after the data set, such as torchvision's {@code FashionMNIST/raw}.
     *
     * @param normalisation converts a batch of image bytes to model input
     * @return images as uint8 of shape [n, 1, height, width]; the caller closes it
     * @throws IOException if a file is missing or damaged, the numbers of labels and images differ, or a label is not
     *     below the number of classes
     */
    public static ImageData idx(Path folder, String name, int classes, Transform normalisation) throws IOException {
        return IdxReader.readFolder(folder, name, classes, normalisation);
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
