package org.blazefl4j.data;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.ZipException;
import org.blazefl4j.data.stream.TensorWriter;
import org.bytedeco.pytorch.Tensor;

/**
 * Reads IDX files, the format of MNIST and similar data sets, plain or gzip (detected by content).
 *
 * <p>An IDX file of bytes is the magic number 0x000008dd for dd dimensions, each dimension as a big-endian 32-bit
 * number, then the elements. A damaged file, or one of the wrong size or kind, causes an {@link IOException} with its
 * name, what was found and what was expected.
 */
final class IdxReader {

    private static final String TRAIN = "train";
    private static final String TEST = "t10k";
    private static final String IMAGES = "-images-idx3-ubyte";
    private static final String LABELS = "-labels-idx1-ubyte";
    private static final int MAGIC_OF_BYTES = 0x0800;
    private static final long MAX_SIZE = Integer.MAX_VALUE - 8;

    private IdxReader() {}

    /** Reads a file of bytes with so many dimensions: uint8, in the file's shape; the caller owns it. */
    static Tensor read(Path file, int dimensions) throws IOException {
        return read(NamedContent.of(file), dimensions);
    }

    /** {@link ImageData#idx}. */
    static ImageData readFolder(Path folder, String name, int classes, Transform normalisation) throws IOException {
        DataFolder files = new DataFolder(folder).of(name, imagesOf(TRAIN));
        return readSet(files::get, name, classes, normalisation);
    }

    /** Finds one of the four files of a set by its plain name. */
    interface Finder {
        NamedContent find(String file) throws IOException;
    }

    static ImageData readSet(Finder finder, String name, int classes, Transform normalisation) throws IOException {
        return ImageData.of(
                name,
                classes,
                () -> readPart(finder, TRAIN, 0, classes),
                () -> readPart(finder, TEST, 0, classes),
                normalisation);
    }

    /** Returns the name of the file with the images of a part. */
    static String imagesOf(String part) {
        return part + IMAGES;
    }

    /**
     * Reads one part of a set.
     *
     * @param first the label of class 0
     */
    static LabelledImages readPart(Finder finder, String part, int first, int classes) throws IOException {
        NamedContent imageFile = finder.find(imagesOf(part));
        NamedContent labelFile = finder.find(part + LABELS);
        return LabelledImages.of(
                read(imageFile, 3).unsqueeze(1),
                imageFile.name(),
                read(labelFile, 1),
                labelFile.name(),
                first,
                classes);
    }

    private static Tensor read(NamedContent file, int dimensions) throws IOException {
        try (DataInputStream in = new DataInputStream(file.open())) {
            checkMagic(file, in.readInt(), dimensions);
            long[] shape = new long[dimensions];
            for (int i = 0; i < dimensions; i++) {
                shape[i] = Integer.toUnsignedLong(in.readInt());
            }
            return readBody(file, in, shape);
        } catch (EOFException | ZipException e) {
            throw NamedContent.damaged(file.name(), e);
        }
    }

    private static void checkMagic(NamedContent file, int found, int dimensions) throws IOException {
        int expected = MAGIC_OF_BYTES + dimensions;
        if (found != expected) {
            throw new IOException(String.format(
                    Locale.ROOT,
                    "wrong kind of IDX file: file=%s, magic=0x%08x, expected=0x%08x for %d-dimensional bytes",
                    file.name(),
                    found,
                    expected,
                    dimensions));
        }
    }

    private static Tensor readBody(NamedContent file, InputStream in, long[] shape) throws IOException {
        long expected = size(file, shape);
        if (expected > MAX_SIZE) {
            throw wrongSize(file, shape, expected, "at most " + MAX_SIZE);
        }
        TensorWriter body = TensorWriter.ofBytes();
        long found = body.addFrom(in, expected);
        if (found < expected) {
            throw wrongSize(file, shape, expected, Long.toString(found));
        }
        if (in.read() >= 0) { // also makes gzip verify its checksum
            throw wrongSize(file, shape, expected, "more than " + found);
        }
        return body.toTensor(shape);
    }

    private static long size(NamedContent file, long[] shape) throws IOException {
        long size = 1;
        for (long dimension : shape) {
            if (dimension < 1) {
                throw new IOException("empty IDX file: file=" + file.name() + ", shape=" + Arrays.toString(shape)
                        + ", limit=1 or more in each dimension; get the file again");
            }
            size = size > MAX_SIZE ? size : size * dimension; // cannot overflow: a dimension has 32 bits
        }
        return size;
    }

    private static IOException wrongSize(NamedContent file, long[] shape, long expected, String found) {
        return new IOException("IDX file of the wrong size: file=" + file.name() + ", shape=" + Arrays.toString(shape)
                + ", data bytes=" + found + ", expected=" + expected + "; get the file again");
    }
}
