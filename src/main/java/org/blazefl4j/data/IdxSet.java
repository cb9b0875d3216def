package org.blazefl4j.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** The known sets of IDX files, all with ten classes of square grey images. */
enum IdxSet {
    /** {@link ImageData#mnist}. */
    MNIST("mnist", 0.1307, 0.3081),
    /** {@link ImageData#fashionMnist(Path)}. */
    FASHION_MNIST("fashion-mnist", 0.2860, 0.3530);

    private static final int SIDE = 28;
    private static final int CLASSES = 10;

    private final String label;
    private final Transform normalisation;

    IdxSet(String label, double mean, double std) {
        this.label = label;
        this.normalisation = Transform.compose(Transform.toFloat(255), Transform.normalize(mean, std));
    }

    /** Reads the part that is in the jar. */
    ImageData embedded() {
        try {
            return IdxReader.readSet(
                    file -> NamedContent.resource(label + "/" + file + ".gz"), label, CLASSES, normalisation);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    ImageData read(Path folder) throws IOException {
        return requireSize(IdxReader.readFolder(folder, label, CLASSES, normalisation), folder);
    }

    /** Closes and refuses images of another size than MNIST's, which all known sets have. */
    static ImageData requireSize(ImageData data, Path folder) throws IOException {
        long[] shape = data.trainImages().shape();
        if (shape[2] != SIDE || shape[3] != SIDE) {
            data.close();
            throw new IOException("images are not those of " + data.name() + ": folder=" + folder + ", size=" + shape[2]
                    + "x" + shape[3] + ", expected=" + SIDE + "x" + SIDE
                    + "; read another set of IDX files with ImageData.idx");
        }
        return data;
    }
}
