package org.blazefl4j.data;

import java.io.IOException;
import java.nio.file.Path;

/**
 * MNIST: grey images of 28×28 pixels of the ten digits (Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-Based
 * Learning Applied to Document Recognition, Proceedings of the IEEE 86, 1998).
 */
public final class Mnist {

    /** The number of classes. */
    public static final int CLASSES = 10;

    /**
     * Converts image bytes to model input: divides by 255, then normalises by the training set's mean 0.1307 and
     * standard deviation 0.3081.
     */
    public static final Transform NORMALISATION = new Compose(new ToFloat(255), new Normalize(0.1307, 0.3081));

    private Mnist() {}

    /**
     * Reads the set from a folder with its four files, plain or gzip; see {@link IdxReader#readFolder}.
     *
     * @return 60 000 training and 10 000 test images, uint8 of shape [n, 1, 28, 28]; the caller closes it
     */
    public static ImageData read(Path folder) throws IOException {
        return IdxReader.readFolder(folder, "mnist", 28, CLASSES, NORMALISATION);
    }
}
