package org.blazefl4j.cli.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.util.FolderContent;
import org.jspecify.annotations.Nullable;

/** The data sets that the command line can read. */
enum DatasetName {
    FASHION_MNIST("fashion-mnist", ImageData::fashionMnist),
    MNIST("mnist", ImageData::mnist),
    CIFAR10("cifar10", ImageData::cifar10),
    CIFAR100("cifar100", ImageData::cifar100),
    EMNIST_BALANCED("balanced"),
    EMNIST_BYCLASS("byclass"),
    EMNIST_BYMERGE("bymerge"),
    EMNIST_DIGITS("digits"),
    EMNIST_LETTERS("letters"),
    EMNIST_MNIST("mnist");

    private interface Reader {
        ImageData read(Path folder) throws IOException;
    }

    private final String label;
    private final Reader reader;

    DatasetName(String label, Reader reader) {
        this.label = label;
        this.reader = reader;
    }

    /** Names a set of EMNIST. */
    DatasetName(String split) {
        this("emnist-" + split, folder -> ImageData.emnist(folder, split));
    }

    /** Returns whether the jar contains a subset, so that no folder is needed. */
    boolean isEmbedded() {
        return this == FASHION_MNIST;
    }

    /**
     * Checks the folder of the data set.
     *
     * @param folder null for the embedded images
     * @throws UsageException if it is missing or not a readable folder
     */
    void requireFolder(@Nullable Path folder) {
        if (folder != null && !Files.isDirectory(folder)) {
            throw new UsageException(
                    "no such folder: --data-dir=" + folder + ", found=" + FolderContent.nearMissing(folder)
                            + ", expected=a folder with the files of " + this + "; give their folder");
        }
        if (folder != null && !(Files.isReadable(folder) && Files.isExecutable(folder))) {
            throw new UsageException("folder cannot be read: --data-dir=" + folder
                    + ", found=permission denied; make it readable, or choose another");
        }
    }

    /**
     * Reads the data set.
     *
     * @param folder null for the embedded images
     * @return the images, which the caller closes
     * @throws UsageException if the folder or a file cannot be read
     */
    ImageData read(@Nullable Path folder) {
        if (folder == null) {
            return ImageData.fashionMnist();
        }
        try {
            return reader.read(folder);
        } catch (IOException e) {
            throw new UsageException("cannot read the data: --dataset=" + this + ", --data-dir=" + folder, e);
        }
    }

    @Override
    public String toString() {
        return label;
    }
}
