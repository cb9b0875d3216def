package org.blazefl4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdxReaderTest {

    private static final String TRAIN_IMAGES = "train-images-idx3-ubyte";
    private static final String TRAIN_LABELS = "train-labels-idx1-ubyte";

    @TempDir
    Path folder;

    /** Writes three training images and two test images of 2×2 pixels, in plain and packed files. */
    @BeforeEach
    void writeSet() throws IOException {
        write(TRAIN_IMAGES, IdxFiles.idx(new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, (byte) 255}, 3, 2, 2));
        write(TRAIN_LABELS + ".gz", IdxFiles.gzip(IdxFiles.idx(new byte[] {2, 0, 9}, 3)));
        write("t10k-images-idx3-ubyte.gz", IdxFiles.gzip(IdxFiles.idx(new byte[8], 2, 2, 2)));
        write("t10k-labels-idx1-ubyte", IdxFiles.idx(new byte[] {1, 1}, 2));
    }

    private void write(String name, byte[] content) throws IOException {
        Files.write(folder.resolve(name), content);
    }

    private ImageData read() throws IOException {
        return ImageData.idx(folder, "tiny", 10, Transform.toFloat(255));
    }

    @Test
    void shouldReadPlainAndPackedFiles() throws IOException {
        try (ImageData data = read()) {
            assertThat(data.trainImages().shape()).containsExactly(3, 1, 2, 2);
            assertThat(data.testImages().shape()).containsExactly(2, 1, 2, 2);
            assertThat(Samples.toArray(data.trainLabels())).containsExactly(2, 0, 9);
            assertThat(Samples.toArray(data.testLabels())).containsExactly(1, 1);
            try (Tensor flat = data.trainImages().flatten();
                    Tensor pixels = flat.to(ScalarType.Long)) {
                assertThat(Samples.toArray(pixels)).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255);
            }
        }
    }

    @Test
    void shouldRecognisePackedFilesByTheirContent() throws IOException {
        write(TRAIN_IMAGES, IdxFiles.gzip(IdxFiles.idx(new byte[12], 3, 2, 2)));
        Files.delete(folder.resolve(TRAIN_LABELS + ".gz"));
        write(TRAIN_LABELS + ".gz", IdxFiles.idx(new byte[] {2, 0, 9}, 3));
        try (ImageData data = read()) {
            assertThat(Samples.toArray(data.trainLabels())).containsExactly(2, 0, 9);
        }
    }

    @Test
    void shouldHashTheUnpackedContent() throws IOException {
        String before = hash();
        Files.delete(folder.resolve(TRAIN_LABELS + ".gz"));
        write(TRAIN_LABELS, IdxFiles.idx(new byte[] {2, 0, 9}, 3));
        assertThat(hash()).isEqualTo(before);

        write(TRAIN_LABELS, IdxFiles.idx(new byte[] {2, 1, 9}, 3));
        assertThat(hash()).isNotEqualTo(before);
    }

    private String hash() throws IOException {
        try (ImageData data = read()) {
            return data.sha256();
        }
    }

    @Test
    void shouldReadOneFile() throws IOException {
        try (Tensor labels = IdxReader.read(folder.resolve(TRAIN_LABELS + ".gz"), 1);
                Tensor pixels = IdxReader.read(folder.resolve(TRAIN_IMAGES), 3)) {
            assertThat(labels.shape()).containsExactly(3);
            assertThat(labels.scalar_type().intern()).isEqualTo(ScalarType.Byte);
            assertThat(pixels.shape()).containsExactly(3, 2, 2);
        }
    }

    @Test
    void shouldNameTheFileWhenItIsMissing() {
        Path missing = folder.resolve("labels");
        refused(
                () -> IdxReader.read(missing, 1),
                "no such data file: file=" + missing + ", expected=a file; check the path");
    }

    @Test
    void shouldNormaliseMnistByItsMeanAndDeviation() throws IOException {
        write(TRAIN_IMAGES, IdxFiles.idx(new byte[3 * 28 * 28], 3, 28, 28));
        write("t10k-images-idx3-ubyte.gz", IdxFiles.idx(new byte[2 * 28 * 28], 2, 28, 28));
        try (ImageData data = ImageData.mnist(folder)) {
            assertThat(data.name()).isEqualTo("mnist");
            assertThat(data.classes()).isEqualTo(10);
            assertThat(data.normalisation())
                    .isEqualTo(Transform.compose(Transform.toFloat(255), Transform.normalize(0.1307, 0.3081)));
        }
    }

    @Test
    void shouldNameTheFilesWhenOneIsMissing() throws IOException {
        Files.delete(folder.resolve(TRAIN_IMAGES));
        refused("no such data file: folder=" + folder + ", found=[t10k-images-idx3-ubyte.gz,"
                + " train-labels-idx1-ubyte.gz, t10k-labels-idx1-ubyte], expected=train-images-idx3-ubyte, plain"
                + " or .gz; name the folder that holds it");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            idx1/raw             | [t10k-labels-idx1-ubyte, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, train-images-idx3-ubyte] in @
            train-images-idx3-ubyte | a file
            train-images-idx3-ubyte/raw | a file @/train-images-idx3-ubyte
            """)
    void shouldExplainAPathThatIsNoFolder(String name, String found) {
        refused(
                () -> ImageData.fashionMnist(folder.resolve(name)),
                "no such folder: folder=" + folder.resolve(name) + ", found=" + found.replace("@", folder.toString())
                        + ", expected=one with the files of fashion-mnist; name the folder that they are in");
    }

    @ParameterizedTest
    @ValueSource(strings = {".", "raw", "FashionMNIST/raw", "fashion-mnist"})
    void shouldFindTheFilesInDownloadedFolders(String place) throws IOException {
        Path root = Files.createDirectory(folder.resolve("root"));
        Files.createDirectories(root.resolve("MNIST/raw"));
        Files.writeString(root.resolve("MNIST/raw").resolve(TRAIN_IMAGES), "another set's");
        Path files = Files.createDirectories(root.resolve(place));
        move(TRAIN_IMAGES, files.resolve("train-images.idx3-ubyte"));
        move(TRAIN_LABELS + ".gz", files.resolve("TRAIN-LABELS-IDX1-UBYTE.GZ"));
        move("t10k-images-idx3-ubyte.gz", files.resolve("t10k-images.idx3-ubyte.gz"));
        move("t10k-labels-idx1-ubyte", files.resolve("T10K-LABELS.IDX1-UBYTE"));

        try (ImageData data = ImageData.idx(root, "fashion-mnist", 10, Transform.toFloat(255))) {
            assertThat(Samples.toArray(data.trainLabels())).containsExactly(2, 0, 9);
        }
    }

    private void move(String name, Path to) throws IOException {
        Files.move(folder.resolve(name), to);
    }

    @Test
    void shouldPreferTheFileWithThePlainName() throws IOException {
        write("TRAIN-IMAGES.IDX3-UBYTE", new byte[0]);
        write(TRAIN_IMAGES + ".gz", new byte[0]);
        read().close();
    }

    @Test
    void shouldNameTheNearbyFolderWithTheFiles() throws IOException {
        Path below = Files.createDirectory(folder.resolve("below"));
        refused(
                () -> ImageData.idx(below, "tiny", 10, null),
                "no such data file: folder=" + below + ", found=[], expected=train-images-idx3-ubyte, plain or .gz;"
                        + " name " + folder + ", which holds it");
        Path archive = Files.createDirectory(below.resolve("archive"));
        move(TRAIN_IMAGES, archive.resolve(TRAIN_IMAGES));
        refused(
                () -> ImageData.idx(below, "tiny", 10, null),
                "no such data file: folder=" + below + ", found=[archive], expected=train-images-idx3-ubyte, plain or"
                        + " .gz; name " + archive + ", which holds it");
    }

    @Test
    void shouldListSimilarNamesEscaped() throws IOException {
        Files.delete(folder.resolve(TRAIN_IMAGES));
        for (int i = 0; i < 6; i++) {
            write("a" + i, new byte[0]);
        }
        write("train-images\u001b[31m.zip", new byte[0]);
        refused("no such data file: folder=" + folder + ", found=[t10k-images-idx3-ubyte.gz,"
                + " train-images\\u001b[31m.zip, train-labels-idx1-ubyte.gz, t10k-labels-idx1-ubyte, a0, a1, a2, a3]"
                + " and 2 more, expected=train-images-idx3-ubyte, plain or .gz; name the folder that holds it");
    }

    @ParameterizedTest
    @ValueSource(strings = {"<!DOCTYPE html>", "\n <HTML lang=en>", "<?xml version='1.0'?><Error/>"})
    void shouldRecogniseAWebPageSavedInPlaceOfTheFile(String page) throws IOException {
        write(TRAIN_IMAGES, page.getBytes(StandardCharsets.US_ASCII));
        refused("a web page in place of the data file: file=" + folder.resolve(TRAIN_IMAGES)
                + ", found=HTML or XML; open it to see what the server answered, and get the file again");
    }

    @Test
    void shouldRecogniseAFileThatWasPackedTwice() throws IOException {
        write(TRAIN_LABELS + ".gz", IdxFiles.gzip(IdxFiles.gzip(IdxFiles.idx(new byte[] {2, 0, 9}, 3))));
        refused("data file is packed twice: file=" + folder.resolve(TRAIN_LABELS + ".gz")
                + ", found=gzip within gzip, expected=gzip or plain; unpack it once (gunzip), or get it again");
    }

    @Test
    void shouldNameTheMagicNumberWhenItIsWrong() throws IOException {
        byte[] file = IdxFiles.idx(new byte[12], 3, 2, 2);
        file[2] = 0x0d; // floats
        write(TRAIN_IMAGES, file);
        refused("wrong kind of IDX file: file=" + folder.resolve(TRAIN_IMAGES)
                + ", magic=0x00000d03, expected=0x00000803 for 3-dimensional bytes");
    }

    @Test
    void shouldRefuseLabelsWhereImagesShouldBe() throws IOException {
        write(TRAIN_IMAGES, IdxFiles.idx(new byte[] {2, 0, 9}, 3));
        refused("wrong kind of IDX file: file=" + folder.resolve(TRAIN_IMAGES)
                + ", magic=0x00000801, expected=0x00000803 for 3-dimensional bytes");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 15})
    void shouldRefuseATruncatedHeader(int bytes) throws IOException {
        write(TRAIN_IMAGES, Arrays.copyOf(IdxFiles.idx(new byte[12], 3, 2, 2), bytes));
        refused("damaged data file: file=" + folder.resolve(TRAIN_IMAGES) + ", found=ends too early; get it again");
    }

    @Test
    void shouldRefuseTruncatedData() throws IOException {
        write(TRAIN_IMAGES, IdxFiles.idx(new byte[11], 3, 2, 2));
        refused("IDX file of the wrong size: file=" + folder.resolve(TRAIN_IMAGES)
                + ", shape=[3, 2, 2], data bytes=11, expected=12; get the file again");
    }

    @Test
    void shouldRefuseTrailingData() throws IOException {
        write(TRAIN_IMAGES, IdxFiles.gzip(IdxFiles.idx(new byte[13], 3, 2, 2)));
        refused("IDX file of the wrong size: file=" + folder.resolve(TRAIN_IMAGES)
                + ", shape=[3, 2, 2], data bytes=more than 12, expected=12; get the file again");
    }

    @Test
    void shouldRefuseADimensionOfZero() throws IOException {
        write(TRAIN_IMAGES, IdxFiles.idx(new byte[0], 3, 0, 2));
        refused("empty IDX file: file=" + folder.resolve(TRAIN_IMAGES)
                + ", shape=[3, 0, 2], limit=1 or more in each dimension; get the file again");
    }

    @Test
    void shouldRefuseDimensionsThatTheFileCannotHold() throws IOException {
        write(TRAIN_IMAGES, IdxFiles.idx(new byte[12], -1, -1, -1));
        refused("IDX file of the wrong size: file=" + folder.resolve(TRAIN_IMAGES)
                + ", shape=[4294967295, 4294967295, 4294967295], data bytes=at most 2147483639,"
                + " expected=4294967295; get the file again");
    }

    @Test
    void shouldRefuseATruncatedPackedFile() throws IOException {
        byte[] packed = IdxFiles.gzip(IdxFiles.idx(new byte[] {2, 0, 9}, 3));
        write(TRAIN_LABELS + ".gz", Arrays.copyOf(packed, packed.length - 9));
        refused("damaged data file: file=" + folder.resolve(TRAIN_LABELS + ".gz")
                + ", found=Unexpected end of ZLIB input stream; get it again");
    }

    @Test
    void shouldRefuseAPackedFileWithAWrongChecksum() throws IOException {
        byte[] packed = IdxFiles.gzip(IdxFiles.idx(new byte[] {2, 0, 9}, 3));
        packed[packed.length - 8] ^= 1;
        write(TRAIN_LABELS + ".gz", packed);
        refused("damaged data file: file=" + folder.resolve(TRAIN_LABELS + ".gz")
                + ", found=Corrupt GZIP trailer; get it again");
    }

    @Test
    void shouldNameThePositionWhenALabelIsTooHigh() throws IOException {
        write(TRAIN_LABELS + ".gz", IdxFiles.idx(new byte[] {2, 10, 9}, 3));
        refused("label out of range: file=" + folder.resolve(TRAIN_LABELS + ".gz")
                + ", position=1, label=10, limit=0 to 9; get the file again or name the data set that it belongs to");
    }

    @Test
    void shouldRefuseAnotherNumberOfLabels() throws IOException {
        write(TRAIN_LABELS + ".gz", IdxFiles.idx(new byte[] {2, 0}, 2));
        refused("images and labels differ in number: labels=2 in " + folder.resolve(TRAIN_LABELS + ".gz")
                + ", expected=3 images in " + folder.resolve(TRAIN_IMAGES) + "; take both from one set");
    }

    @Test
    void shouldRefuseTestImagesOfAnotherShape() throws IOException {
        write("t10k-images-idx3-ubyte.gz", IdxFiles.idx(new byte[12], 2, 2, 3));
        refused("the files of tiny do not belong together: " + folder.resolve(TRAIN_IMAGES) + " and "
                + folder.resolve("t10k-images-idx3-ubyte.gz") + ": images differ: training=byte [3, 1, 2, 2], "
                + "test=byte [2, 1, 2, 3], expected=equal channels, height and width");
    }

    @Test
    void shouldRefuseImagesOfAnotherSizeThanTheSets() {
        refused(
                () -> ImageData.fashionMnist(folder),
                "images are not those of fashion-mnist: folder=" + folder
                        + ", size=2x2, expected=28x28; read another set of IDX files with ImageData.idx");
        refused(
                () -> ImageData.mnist(folder),
                "images are not those of mnist: folder=" + folder
                        + ", size=2x2, expected=28x28; read another set of IDX files with ImageData.idx");
    }

    private void refused(String message) {
        refused(this::read, message);
    }

    private static void refused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IOException.class).hasMessage(message);
    }
}
