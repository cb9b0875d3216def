package org.blazefl4j.cli.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.data.CifarReader;
import org.blazefl4j.data.FashionMnist;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.Mnist;
import org.blazefl4j.util.FolderContent;

/** Reads the data sets that the command line knows. */
final class Datasets {

    private Datasets() {}

    /**
     * Looks whether the folder can be one with a data set.
     *
     * @param folder null for the embedded images
     * @throws UsageException if it is not there, or no folder that may be read
     */
    static void requireFolder(DatasetName name, Path folder) {
        if (folder != null && !Files.isDirectory(folder)) {
            throw new UsageException(
                    "no such folder: --data-dir=" + folder + ", found=" + FolderContent.nearMissing(folder)
                            + ", expected=a folder with the files of " + name + "; name the folder that they are in");
        }
        if (folder != null && !(Files.isReadable(folder) && Files.isExecutable(folder))) {
            throw new UsageException("folder cannot be read: --data-dir=" + folder
                    + ", found=permission denied; have its owner let you read it, or name another");
        }
    }

    /**
     * Reads a data set.
     *
     * @param folder where its files are; null for the embedded images
     * @return the caller closes it
     * @throws UsageException if the folder or a file cannot be read or is not what it should be
     */
    static ImageData read(DatasetName name, Path folder) {
        if (folder == null) {
            return FashionMnist.embedded();
        }
        try {
            return switch (name) {
                case FASHION_MNIST -> FashionMnist.read(folder);
                case MNIST -> Mnist.read(folder);
                case CIFAR10 -> CifarReader.cifar10(folder);
                case CIFAR100 -> CifarReader.cifar100(folder);
            };
        } catch (IOException e) {
            throw new UsageException("cannot read the data: --dataset=" + name + ", --data-dir=" + folder, e);
        }
    }
}
