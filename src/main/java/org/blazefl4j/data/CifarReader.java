package org.blazefl4j.data;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StreamCorruptedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipException;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * Reads the binary version of CIFAR-10 and CIFAR-100: colour images of 32×32 pixels (A. Krizhevsky: Learning Multiple
 * Layers of Features from Tiny Images, 2009).
 *
 * <p>A folder is searched for the archive's files themselves, then for the folder that the archive unpacks to
 * ({@code cifar-10-batches-bin}, {@code cifar-100-binary}), then for the archive ({@code cifar-10-binary.tar.gz},
 * {@code cifar-100-binary.tar.gz}), which is read without being unpacked to disk. A file that is damaged, not a whole
 * number of images long or of another kind gives an {@link IOException} with its name, what was found and what was
 * expected.
 */
public final class CifarReader {

    /**
     * Makes a model's input of CIFAR-10's bytes: division by 255, then normalisation by the means 0.4914, 0.4822,
     * 0.4465 and the standard deviations 0.2470, 0.2435, 0.2616 of the training set's red, green and blue.
     */
    public static final Transform CIFAR10_NORMALISATION = new Compose(
            new ToFloat(255), new Normalize(List.of(0.4914, 0.4822, 0.4465), List.of(0.2470, 0.2435, 0.2616)));

    /**
     * Makes a model's input of CIFAR-100's bytes: division by 255, then normalisation by the means 0.5071, 0.4865,
     * 0.4409 and the standard deviations 0.2673, 0.2564, 0.2762 of the training set's red, green and blue.
     */
    public static final Transform CIFAR100_NORMALISATION = new Compose(
            new ToFloat(255), new Normalize(List.of(0.5071, 0.4865, 0.4409), List.of(0.2673, 0.2564, 0.2762)));

    private static final int SIDE = 32;
    private static final int CHANNELS = 3;
    private static final int PIXELS = CHANNELS * SIDE * SIDE;

    static final Layout CIFAR10 = new Layout(
            "cifar-10",
            10,
            1,
            "cifar-10-batches-bin",
            "cifar-10-binary.tar.gz",
            List.of("data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"),
            List.of("test_batch.bin"),
            10_000,
            10_000,
            "cifar-10-batches-py",
            CIFAR10_NORMALISATION);

    static final Layout CIFAR100 = new Layout(
            "cifar-100",
            100,
            2,
            "cifar-100-binary",
            "cifar-100-binary.tar.gz",
            List.of("train.bin"),
            List.of("test.bin"),
            50_000,
            10_000,
            "cifar-100-python",
            CIFAR100_NORMALISATION);

    private CifarReader() {}

    /**
     * Where a set's files lie and what they look like.
     *
     * @param labelBytes before each image; the last of them counts
     * @param trainImages in each file of training images
     * @param testImages in each file of test images
     * @param pythonFolder what the archive for Python unpacks to, which is not read
     */
    record Layout(
            String name,
            int classes,
            int labelBytes,
            String folder,
            String archive,
            List<String> train,
            List<String> test,
            int trainImages,
            int testImages,
            String pythonFolder,
            Transform normalisation) {

        /** The same with other numbers of images in each file. */
        Layout with(int newTrainImages, int newTestImages) {
            return new Layout(
                    name,
                    classes,
                    labelBytes,
                    folder,
                    archive,
                    train,
                    test,
                    newTrainImages,
                    newTestImages,
                    pythonFolder,
                    normalisation);
        }

        int images(String file) {
            return train.contains(file) ? trainImages : testImages;
        }

        /** What a folder may hold of the version for Python. */
        List<String> pythonNames() {
            String first = train.get(0).replace(".bin", "");
            return List.of(pythonFolder, archive.replace("-binary", "-python"), first);
        }

        List<String> files() {
            List<String> all = new ArrayList<>(train);
            all.addAll(test);
            return all;
        }
    }

    /**
     * Reads CIFAR-10.
     *
     * @param folder where its files, their folder or the archive lie
     * @return 50 000 training and 10 000 test images, uint8 of shape [n, 3, 32, 32]; the caller closes it
     * @throws IOException if files are missing, cannot be read or are not whole
     */
    public static ImageData cifar10(Path folder) throws IOException {
        return read(folder, CIFAR10);
    }

    /**
     * Reads CIFAR-100 with its 100 fine labels.
     *
     * @param folder where its files, their folder or the archive lie
     * @return 50 000 training and 10 000 test images, uint8 of shape [n, 3, 32, 32]; the caller closes it
     * @throws IOException if files are missing, cannot be read or are not whole
     */
    public static ImageData cifar100(Path folder) throws IOException {
        return read(folder, CIFAR100);
    }

    static ImageData read(Path folder, Layout layout) throws IOException {
        Map<String, LabelledImages> files = new HashMap<>();
        try {
            readFiles(folder, layout, files);
            return ImageData.of(
                    layout.name,
                    layout.classes,
                    () -> LabelledImages.join(
                            layout.train.stream().map(files::get).toList()),
                    () -> LabelledImages.join(
                            layout.test.stream().map(files::get).toList()),
                    layout.normalisation);
        } finally {
            files.values().forEach(LabelledImages::close);
        }
    }

    private static void readFiles(Path folder, Layout layout, Map<String, LabelledImages> to) throws IOException {
        DataFolder files = new DataFolder(folder).of(layout.folder, layout.train.get(0));
        if (!files.has(layout.train.get(0))) {
            readArchive(archive(files, layout), layout, to);
            return;
        }
        for (String name : layout.files()) {
            to.put(name, parse(files.read(name), layout, layout.images(name)));
        }
    }

    private static Path archive(DataFolder folder, Layout layout) throws IOException {
        Optional<Path> archive = folder.find(layout.archive);
        if (archive.isPresent()) {
            return archive.get();
        }
        for (String name : layout.pythonNames()) {
            if (Files.exists(folder.path().resolve(name))) {
                throw new IOException(layout.name + " in its version for Python: found="
                        + folder.path().resolve(name) + ", expected=the binary version; get " + layout.archive);
            }
        }
        throw new IOException("no " + layout.name + " here: folder=" + folder.path() + ", found="
                + folder.content(layout.archive) + ", expected=" + layout.files() + ", a folder " + layout.folder
                + " with them, or " + layout.archive + "; name the folder that holds one of these");
    }

    private static void readArchive(Path archive, Layout layout, Map<String, LabelledImages> to) throws IOException {
        List<String> missing = layout.files();
        try (InputStream file = Files.newInputStream(archive);
                InputStream in = NamedBytes.unpacked(archive.toString(), file)) {
            TarReader tar = new TarReader(in);
            for (String name = tar.next(); name != null; name = tar.next()) {
                if (missing.remove(name)) {
                    NamedBytes content = new NamedBytes(archive + "!" + name, tar.content());
                    to.put(name, parse(content, layout, layout.images(name)));
                }
            }
            in.transferTo(OutputStream.nullOutputStream()); // makes gzip check its sum
        } catch (EOFException | StreamCorruptedException | ZipException e) {
            throw NamedBytes.damaged(archive.toString(), e);
        }
        if (!missing.isEmpty()) {
            throw new IOException("archive without files: file=" + archive + ", missing=" + missing + ", limit="
                    + layout.files() + "; get the archive of the binary version again");
        }
    }

    private static LabelledImages parse(NamedBytes file, Layout layout, int n) throws IOException {
        byte[] bytes = unpacked(file);
        int record = layout.labelBytes + PIXELS;
        if (bytes.length != n * record) {
            throw new IOException("CIFAR file of the wrong size: file=" + file.name() + ", bytes=" + bytes.length
                    + ", expected=" + n * record + ", " + n + " images of " + record + "; get the file again");
        }
        try (Tensor records = Tensors.of(bytes, n, record);
                Tensor labels = records.select(1, layout.labelBytes - 1);
                Tensor pixels = records.narrow(1, layout.labelBytes, PIXELS)) {
            Tensor images = pixels.view(n, CHANNELS, SIDE, SIDE); // of the records: copied when files are joined
            return LabelledImages.of(images, file.name(), labels, file.name(), layout.classes);
        }
    }

    private static byte[] unpacked(NamedBytes file) throws IOException {
        try (InputStream content = file.content()) {
            return file.isPacked() ? content.readAllBytes() : file.bytes(); // no second copy of what is large
        } catch (EOFException | ZipException e) {
            throw NamedBytes.damaged(file.name(), e);
        }
    }
}
