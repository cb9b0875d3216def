package org.blazefl4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads CIFAR files that the test creates, with a few random images each. */
class CifarReaderTest {

    private static final int PIXELS = 3 * 32 * 32;

    @TempDir
    Path folder;

    /** Returns a file of images with the given label bytes; pixels depend on the first one. */
    private static byte[] file(int[]... labels) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int[] ofImage : labels) {
            for (int label : ofImage) {
                out.write(label);
            }
            out.writeBytes(pixels(ofImage[0]));
        }
        return out.toByteArray();
    }

    private static byte[] pixels(int seed) {
        byte[] pixels = new byte[PIXELS];
        new Random(seed).nextBytes(pixels);
        return pixels;
    }

    private static Map<String, byte[]> cifar10() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("batches.meta.txt", "airplane\n".getBytes(StandardCharsets.US_ASCII));
        files.put("test_batch.bin", file(new int[] {7}, new int[] {8}));
        for (int i = 5; i >= 1; i--) { // archives need not be sorted
            files.put("data_batch_" + i + ".bin", file(new int[] {i}, new int[] {0}));
        }
        return files;
    }

    private static Map<String, byte[]> cifar100() {
        return Map.of(
                "train.bin", file(new int[] {19, 99}, new int[] {3, 0}, new int[] {4, 50}),
                "test.bin", file(new int[] {1, 2}));
    }

    private static ImageData cifar10(Path from) throws IOException {
        return CifarReader.read(from, withImages(CifarReader.CIFAR10, 2, 2));
    }

    private static ImageData cifar100(Path from) throws IOException {
        return CifarReader.read(from, withImages(CifarReader.CIFAR100, 3, 1));
    }

    private static CifarReader.Layout withImages(CifarReader.Layout of, int trainImages, int testImages) {
        return new CifarReader.Layout(
                of.name(),
                of.classes(),
                of.labelBytes(),
                of.folder(),
                of.train(),
                of.test(),
                trainImages,
                testImages,
                of.normalisation());
    }

    private static void write(Path to, Map<String, byte[]> files) throws IOException {
        Files.createDirectories(to);
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Files.write(to.resolve(file.getKey()), file.getValue());
        }
    }

    /** Returns a packed archive with a folder and files. */
    private static byte[] archive(Map<String, byte[]> files) throws IOException {
        return IdxFiles.gzip(tar(files));
    }

    private static byte[] tar(Map<String, byte[]> files) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(header("set/", '5', 0));
        files.forEach((name, content) -> {
            out.writeBytes(header("set/" + name, '0', content.length));
            out.writeBytes(Arrays.copyOf(content, (content.length + 511) / 512 * 512));
        });
        out.writeBytes(new byte[1024]);
        return out.toByteArray();
    }

    private static byte[] header(String name, char type, int size) {
        byte[] header = new byte[512];
        put(header, 0, name);
        put(header, 124, String.format("%011o", size));
        put(header, 148, "        ");
        header[156] = (byte) type;
        put(header, 257, "ustar");
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        put(header, 148, String.format("%06o\0 ", sum));
        return header;
    }

    private static void put(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }

    private static void checkCifar10(ImageData data) {
        assertThat(data.name()).isEqualTo("cifar-10");
        assertThat(data.classes()).isEqualTo(10);
        assertThat(data.trainImages().shape()).containsExactly(10, 3, 32, 32);
        assertThat(data.trainImages().scalar_type().intern()).isEqualTo(ScalarType.Byte);
        assertThat(Samples.toArray(data.trainLabels())).containsExactly(1, 0, 2, 0, 3, 0, 4, 0, 5, 0);
        assertThat(Samples.toArray(data.testLabels())).containsExactly(7, 8);
        checkPixels(data.trainImages(), 4, 3);
        checkPixels(data.testImages(), 1, 8);
        assertThat(data.normalisation())
                .isEqualTo(Transform.compose(
                        Transform.toFloat(255),
                        Transform.normalize(List.of(0.4914, 0.4822, 0.4465), List.of(0.2470, 0.2435, 0.2616))));
    }

    private static void checkPixels(Tensor images, long position, int seed) {
        try (Tensor image = images.select(0, position);
                Tensor expected = Tensor.create(pixels(seed), false, 3, 32, 32)) {
            assertThat(image.equal(expected)).isTrue();
        }
    }

    @Test
    void shouldReadCifar10FromItsFiles() throws IOException {
        write(folder, cifar10());
        try (ImageData data = cifar10(folder)) {
            checkCifar10(data);
        }
    }

    @Test
    void shouldReadFilesInUpperCaseAndPackedOnes() throws IOException {
        Map<String, byte[]> files = cifar10();
        files.put("DATA_BATCH_1.BIN", files.remove("data_batch_1.bin"));
        files.put("data_batch_2.bin.gz", IdxFiles.gzip(files.remove("data_batch_2.bin")));
        write(folder, files);
        try (ImageData data = cifar10(folder)) {
            checkCifar10(data);
        }
    }

    @Test
    void shouldReadCifar10FromTheFolderOfItsArchive() throws IOException {
        write(folder.resolve("cifar-10-batches-bin"), cifar10());
        try (ImageData data = cifar10(folder)) {
            checkCifar10(data);
        }
    }

    @Test
    void shouldReadCifar10FromItsArchive() throws IOException {
        Files.write(folder.resolve("cifar-10-binary.tar.gz"), archive(cifar10()));
        try (ImageData data = cifar10(folder)) {
            checkCifar10(data);
        }
    }

    @Test
    void shouldReadTheFineLabelsOfCifar100() throws IOException {
        write(folder.resolve("cifar-100-binary"), cifar100());
        try (ImageData data = cifar100(folder)) {
            assertThat(data.classes()).isEqualTo(100);
            assertThat(Samples.toArray(data.trainLabels())).containsExactly(99, 0, 50);
            assertThat(Samples.toArray(data.testLabels())).containsExactly(2);
            checkPixels(data.trainImages(), 2, 4);
            checkPixels(data.testImages(), 0, 1);
            assertThat(data.normalisation())
                    .isEqualTo(Transform.compose(
                            Transform.toFloat(255),
                            Transform.normalize(List.of(0.5071, 0.4865, 0.4409), List.of(0.2673, 0.2564, 0.2762))));
        }
    }

    @Test
    void shouldGiveNormalisedBatches() throws IOException {
        write(folder, cifar100());
        try (ImageData data = cifar100(folder);
                Batch batch = new DataLoader(data.test()).iterator().next();
                Tensor first = batch.x().flatten()) {
            float expected = ((pixels(1)[0] & 0xff) / 255f - 0.5071f) / 0.2673f;
            assertThat(first.data_ptr_float().get()).isEqualTo(expected);
        }
    }

    @Test
    void shouldNameTheExpectedPlacesIfNothingIsThere() {
        refused(
                () -> cifar100(folder),
                "no cifar-100 here: folder=" + folder + ", found=[], expected=[train.bin, test.bin], a folder"
                        + " cifar-100-binary with them, or cifar-100-binary.tar.gz; name the folder that holds one of"
                        + " these");
    }

    @Test
    void shouldNameAMissingFile() throws IOException {
        Map<String, byte[]> files = cifar10();
        files.remove("data_batch_3.bin");
        write(folder, files);
        refused(
                () -> cifar10(folder),
                "no such data file: folder=" + folder
                        + ", found=[data_batch_1.bin, data_batch_2.bin, data_batch_4.bin, data_batch_5.bin,"
                        + " test_batch.bin, batches.meta.txt], expected=data_batch_3.bin, plain or .gz;"
                        + " name the folder that holds it");
    }

    @Test
    void shouldNameAFileThatTheArchiveLacks() throws IOException {
        Path archive = Files.write(
                folder.resolve("cifar-100-binary.tar.gz"),
                archive(Map.of("train.bin", cifar100().get("train.bin"))));
        refused(
                () -> cifar100(folder),
                "files missing from the archive: file=" + archive
                        + ", missing=[test.bin], expected=[train.bin, test.bin]; "
                        + "get the archive of the binary version again");
    }

    @Test
    void shouldRefuseATruncatedFile() throws IOException {
        write(folder, cifar100());
        Files.write(folder.resolve("test.bin"), new byte[3073]);
        refused(
                () -> cifar100(folder),
                "CIFAR file of the wrong size: file=" + folder.resolve("test.bin")
                        + ", bytes=3073, expected=3074, 1 images of 3074; get the file again");
    }

    @Test
    void shouldRefuseAnEmptyFile() throws IOException {
        write(folder, cifar100());
        Files.write(folder.resolve("test.bin"), new byte[0]);
        refused(
                () -> cifar100(folder),
                "CIFAR file of the wrong size: file=" + folder.resolve("test.bin")
                        + ", bytes=0, expected=3074, 1 images of 3074; get the file again");
    }

    @Test
    void shouldNameThePositionWhenALabelIsTooHigh() throws IOException {
        write(folder, cifar10());
        Files.write(folder.resolve("data_batch_2.bin"), file(new int[] {9}, new int[] {10}));
        refused(
                () -> cifar10(folder),
                "label out of range: file=" + folder.resolve("data_batch_2.bin")
                        + ", position=1, label=10, limit=0 to 9; "
                        + "get the file again or name the data set that it belongs to");
    }

    @Test
    void shouldRefuseATruncatedArchive() throws IOException {
        byte[] whole = archive(cifar10());
        Path archive = Files.write(folder.resolve("cifar-10-binary.tar.gz"), Arrays.copyOf(whole, whole.length / 2));
        refused(
                () -> cifar10(folder),
                "damaged data file: file=" + archive
                        + "!data_batch_4.bin, found=Unexpected end of ZLIB input stream; get it again");
    }

    @Test
    void shouldRefuseAnArchiveWithoutItsEnd() throws IOException {
        byte[] whole = tar(cifar10());
        Path archive = Files.write(
                folder.resolve("cifar-10-binary.tar.gz"), IdxFiles.gzip(Arrays.copyOf(whole, whole.length - 1024)));
        refused(
                () -> cifar10(folder),
                "damaged data file: file=" + archive + ", found=the archive ends without its end mark; get it again");
    }

    @Test
    void shouldRefuseAnArchiveWithADamagedHeader() throws IOException {
        byte[] whole = tar(cifar10());
        whole[3] ^= 1;
        Path archive = Files.write(folder.resolve("cifar-10-binary.tar.gz"), IdxFiles.gzip(whole));
        refused(
                () -> cifar10(folder),
                "damaged data file: file=" + archive
                        + ", found=the checksum of a header in the archive is wrong; get it again");
    }

    @Test
    void shouldReadAnArchiveThatABrowserUnpacked() throws IOException {
        Files.write(folder.resolve("cifar-10-binary.tar.gz"), tar(cifar10()));
        try (ImageData data = cifar10(folder)) {
            checkCifar10(data);
        }
    }

    @Test
    void shouldRecogniseAWebPageAndAnArchiveThatWasPackedTwice() throws IOException {
        Path archive = folder.resolve("cifar-10-binary.tar.gz");
        Files.writeString(archive, "<html>Not Found</html>");
        refused(
                () -> cifar10(folder),
                "a web page in place of the data file: file=" + archive
                        + ", found=HTML or XML; open it to see what the server answered, and get the file again");
        Files.write(archive, IdxFiles.gzip(archive(cifar10())));
        refused(
                () -> cifar10(folder),
                "data file is packed twice: file=" + archive
                        + ", found=gzip within gzip, expected=gzip or plain; unpack it once (gunzip), or get it again");
    }

    @Test
    void shouldRefuseAFileTruncatedAtTheEndOfAnImage() throws IOException {
        Map<String, byte[]> files = cifar10();
        write(folder, files);
        Files.write(folder.resolve("data_batch_4.bin"), Arrays.copyOf(files.get("data_batch_4.bin"), 3073));
        refused(
                () -> cifar10(folder),
                "CIFAR file of the wrong size: file=" + folder.resolve("data_batch_4.bin")
                        + ", bytes=3073, expected=6146, 2 images of 3073; get the file again");
    }

    @Test
    void shouldExpectAsManyImagesAsTheSetsHave() throws IOException {
        write(folder, cifar10());
        refused(
                () -> ImageData.cifar10(folder),
                "CIFAR file of the wrong size: file=" + folder.resolve("data_batch_1.bin")
                        + ", bytes=6146, expected=30730000, 10000 images of 3073; get the file again");
        write(folder, cifar100());
        refused(
                () -> ImageData.cifar100(folder),
                "CIFAR file of the wrong size: file=" + folder.resolve("train.bin")
                        + ", bytes=9222, expected=153700000, 50000 images of 3074; get the file again");
    }

    @ParameterizedTest
    @ValueSource(strings = {"cifar-10-batches-py", "cifar-10-python.tar.gz", "data_batch_1"})
    void shouldNameTheBinaryVersionIfThePythonVersionIsThere(String name) throws IOException {
        Path found = Files.createFile(folder.resolve(name));
        refused(
                () -> ImageData.cifar10(folder),
                "cifar-10 in its version for Python: found=" + found
                        + ", expected=the binary version; get cifar-10-binary.tar.gz");
    }

    private static void refused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IOException.class).hasMessage(message);
    }
}
