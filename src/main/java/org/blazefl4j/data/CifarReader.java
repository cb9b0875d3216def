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
import java.util.zip.GZIPInputStream;
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

    private static final Layout CIFAR10 = new Layout(
            "cifar-10",
            10,
            1,
            "cifar-10-batches-bin",
            "cifar-10-binary.tar.gz",
            List.of("data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"),
            List.of("test_batch.bin"),
            CIFAR10_NORMALISATION);

    private static final Layout CIFAR100 = new Layout(
            "cifar-100",
            100,
            2,
            "cifar-100-binary",
            "cifar-100-binary.tar.gz",
            List.of("train.bin"),
            List.of("test.bin"),
            CIFAR100_NORMALISATION);

    private CifarReader() {}

    /** Where a set's files lie and what they look like; each image has label bytes, the last of which counts. */
    private record Layout(
            String name,
            int classes,
            int labelBytes,
            String folder,
            String archive,
            List<String> train,
            List<String> test,
            Transform normalisation) {

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

    private static ImageData read(Path folder, Layout layout) throws IOException {
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
        for (Path place : List.of(folder, folder.resolve(layout.folder))) {
            if (Files.isRegularFile(place.resolve(layout.train.get(0)))) {
                for (String name : layout.files()) {
                    to.put(name, parse(NamedBytes.firstOf(place, name), layout));
                }
                return;
            }
        }
        readArchive(archive(folder, layout), layout, to);
    }

    private static Path archive(Path folder, Layout layout) throws IOException {
        Path archive = folder.resolve(layout.archive);
        if (!Files.isRegularFile(archive)) {
            throw new IOException("no " + layout.name + " here: folder=" + folder + ", limit=" + layout.files()
                    + ", a folder " + layout.folder + " with them, or " + layout.archive
                    + "; name the folder that holds one of these");
        }
        return archive;
    }

    private static void readArchive(Path archive, Layout layout, Map<String, LabelledImages> to) throws IOException {
        List<String> missing = layout.files();
        try (InputStream in = new GZIPInputStream(Files.newInputStream(archive), 1 << 16)) {
            TarReader tar = new TarReader(in);
            for (String name = tar.next(); name != null; name = tar.next()) {
                if (missing.remove(name)) {
                    to.put(name, parse(new NamedBytes(archive + "!" + name, tar.content()), layout));
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

    private static LabelledImages parse(NamedBytes file, Layout layout) throws IOException {
        int length = file.bytes().length;
        int record = layout.labelBytes + PIXELS;
        if (length == 0 || length % record != 0) {
            throw new IOException("CIFAR file of the wrong size: file=" + file.name() + ", bytes=" + length
                    + ", limit=a multiple of " + record + "; get the file again");
        }
        int n = length / record;
        try (Tensor records = Tensors.of(file.bytes(), n, record);
                Tensor labels = records.select(1, layout.labelBytes - 1);
                Tensor pixels = records.narrow(1, layout.labelBytes, PIXELS)) {
            Tensor images = pixels.view(n, CHANNELS, SIDE, SIDE); // of the records: copied when files are joined
            return LabelledImages.of(images, file.name(), labels, file.name(), layout.classes);
        }
    }
}
