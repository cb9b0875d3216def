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
import org.blazefl4j.data.stream.TensorWriter;
import org.blazefl4j.util.FolderContent;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Reads {@link ImageData#cifar10} and {@link ImageData#cifar100}. A damaged file, or one of the wrong size or kind,
 * causes an {@link IOException} with the file's name, what was found and what was expected.
 */
final class CifarReader {

    private static final int SIDE = 32;
    private static final int CHANNELS = 3;
    private static final int PIXELS = CHANNELS * SIDE * SIDE;

    static final Layout CIFAR10 = new Layout(
            "cifar-10",
            10,
            1,
            "cifar-10-batches-bin",
            List.of("data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"),
            "test_batch.bin",
            10_000,
            10_000,
            normalisation(List.of(0.4914, 0.4822, 0.4465), List.of(0.2470, 0.2435, 0.2616)));

    static final Layout CIFAR100 = new Layout(
            "cifar-100",
            100,
            2,
            "cifar-100-binary",
            List.of("train.bin"),
            "test.bin",
            50_000,
            10_000,
            normalisation(List.of(0.5071, 0.4865, 0.4409), List.of(0.2673, 0.2564, 0.2762)));

    private CifarReader() {}

    private static Transform normalisation(List<Double> mean, List<Double> std) {
        return Transform.compose(Transform.toFloat(255), Transform.normalize(mean, std));
    }

    /**
     * The files of a data set and their contents.
     *
     * @param labelBytes the bytes before each image; the last one is the label
     * @param folder the folder that the archive unpacks to
     * @param trainImages the number of images in each training file
     * @param testImages the number of images in the test file
     */
    record Layout(
            String name,
            int classes,
            int labelBytes,
            String folder,
            List<String> train,
            String test,
            int trainImages,
            int testImages,
            Transform normalisation) {

        String archive() {
            return name + "-binary.tar.gz";
        }

        int images(String file) {
            return train.contains(file) ? trainImages : testImages;
        }

        /** Returns names that the version for Python, which is not supported, may have in a folder. */
        List<String> pythonNames() {
            String pythonFolder = folder.replace("binary", "python").replace("-bin", "-py");
            return List.of(pythonFolder, name + "-python.tar.gz", train.get(0).replace(".bin", ""));
        }

        List<String> files() {
            List<String> all = new ArrayList<>(train);
            all.add(test);
            return all;
        }
    }

    static ImageData read(Path folder, Layout layout) throws IOException {
        try (PointerScope scope = new PointerScope()) {
            Map<String, LabelledImages> files = readFiles(folder, layout);
            return ImageData.of(
                    layout.name,
                    layout.classes,
                    () -> LabelledImages.join(
                            layout.train.stream().map(files::get).toList()),
                    () -> LabelledImages.join(List.of(files.get(layout.test))),
                    layout.normalisation);
        }
    }

    private static Map<String, LabelledImages> readFiles(Path folder, Layout layout) throws IOException {
        DataFolder files = new DataFolder(folder).of(layout.folder, layout.train.get(0));
        if (!files.has(layout.train.get(0))) {
            return readArchive(archive(files, layout), layout);
        }
        Map<String, LabelledImages> found = new HashMap<>();
        for (String name : layout.files()) {
            found.put(name, parse(files.get(name), layout, layout.images(name)));
        }
        return found;
    }

    private static Path archive(DataFolder folder, Layout layout) throws IOException {
        Optional<Path> archive = folder.find(layout.archive());
        if (archive.isPresent()) {
            return archive.get();
        }
        for (String name : layout.pythonNames()) {
            Path found = folder.path().resolve(name);
            if (Files.exists(found)) {
                throw new IOException(layout.name + " in its version for Python: found=" + found
                        + ", expected=the binary version; get " + layout.archive());
            }
        }
        throw new IOException("no " + layout.name + " here: folder=" + folder.path() + ", found="
                + FolderContent.near(folder.path(), layout.archive()) + ", expected=" + layout.files() + ", a folder "
                + layout.folder
                + " with them, or " + layout.archive() + "; name the folder that holds one of these");
    }

    private static Map<String, LabelledImages> readArchive(Path archive, Layout layout) throws IOException {
        Map<String, LabelledImages> found = new HashMap<>();
        List<String> missing = layout.files();
        try (InputStream file = Files.newInputStream(archive);
                InputStream in = NamedContent.unpacked(archive.toString(), file)) {
            TarReader tar = new TarReader(in);
            for (String name = tar.next(); name != null; name = tar.next()) {
                if (missing.remove(name)) {
                    NamedContent content = new NamedContent(archive + "!" + name, tar::content);
                    found.put(name, parse(content, layout, layout.images(name)));
                }
            }
            in.transferTo(OutputStream.nullOutputStream()); // makes gzip verify its checksum
        } catch (EOFException | StreamCorruptedException | ZipException e) {
            throw NamedContent.damaged(archive.toString(), e);
        }
        if (!missing.isEmpty()) {
            throw new IOException("files missing from the archive: file=" + archive + ", missing=" + missing
                    + ", expected=" + layout.files() + "; get the archive of the binary version again");
        }
        return found;
    }

    private static LabelledImages parse(NamedContent file, Layout layout, int n) throws IOException {
        int record = layout.labelBytes + PIXELS;
        Tensor records = records(file, n, record);
        Tensor labels = records.select(1, layout.labelBytes - 1);
        Tensor images = records.narrow(1, layout.labelBytes, PIXELS).view(n, CHANNELS, SIDE, SIDE);
        return LabelledImages.of(images, file.name(), labels, file.name(), 0, layout.classes);
    }

    private static Tensor records(NamedContent file, int n, int record) throws IOException {
        TensorWriter records = TensorWriter.ofBytes();
        try (InputStream content = file.open()) {
            long found = records.addFrom(content, n * record) + content.transferTo(OutputStream.nullOutputStream());
            if (found != n * record) {
                throw new IOException("CIFAR file of the wrong size: file=" + file.name() + ", bytes=" + found
                        + ", expected=" + n * record + ", " + n + " images of " + record + "; get the file again");
            }
            return records.toTensor(n, record);
        } catch (EOFException | ZipException e) {
            throw NamedContent.damaged(file.name(), e);
        }
    }
}
