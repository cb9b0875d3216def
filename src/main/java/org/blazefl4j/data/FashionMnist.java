package org.blazefl4j.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * Fashion-MNIST: grey images of 28×28 pixels in 10 classes of clothing (H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST:
 * a Novel Image Dataset for Benchmarking Machine Learning Algorithms, 2017, arXiv:1708.07747). Copyright Zalando SE,
 * MIT licence.
 */
public final class FashionMnist {

    /** The number of classes. */
    public static final int CLASSES = 10;

    /**
     * Converts image bytes to model input: divides by 255, then normalises by the training set's mean 0.2860 and
     * standard deviation 0.3530.
     */
    public static final Transform NORMALISATION = new Compose(new ToFloat(255), new Normalize(0.2860, 0.3530));

    private static final String NAME = "fashion-mnist";
    private static final int SIDE = 28;

    private FashionMnist() {}

    /**
     * Reads the subset in the library's jar: the first 1 000 training images and the first 200 test images of each
     * class, in the order of the whole set.
     *
     * @return 10 000 training and 2 000 test images, uint8 of shape [n, 1, 28, 28]; the caller closes it
     */
    public static ImageData embedded() {
        try {
            return IdxReader.readSet(
                    file -> NamedBytes.resource(NAME + "/" + file + ".gz"), NAME, CLASSES, NORMALISATION);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Reads the whole set from a folder with its four files, plain or gzip; see {@link IdxReader#readFolder}.
     *
     * @param folder the folder, such as {@code /usr/share/datasets/fashion-mnist} of Debian's package
     *     {@code dataset-fashion-mnist}
     * @return 60 000 training and 10 000 test images, uint8 of shape [n, 1, 28, 28]; the caller closes it
     */
    public static ImageData read(Path folder) throws IOException {
        return IdxReader.readFolder(folder, NAME, SIDE, CLASSES, NORMALISATION);
    }
}
