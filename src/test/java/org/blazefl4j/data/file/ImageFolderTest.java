package org.blazefl4j.data.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ImageFolderTest {

    @TempDir
    private Path folder;

    /** Writes a grey image whose pixels count up. */
    private void grey(String name, int width, int height, int first) throws IOException {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < width * height; i++) {
            image.getRaster().setSample(i % width, i / width, 0, first + i);
        }
        write(name, image);
    }

    private void coloured(String name, int width, int height, int rgb) throws IOException {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        image.setRGB(width - 1, 0, rgb);
        write(name, image);
    }

    private void write(String name, BufferedImage image) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        assertThat(ImageIO.write(image, "png", file.toFile())).isTrue();
    }

    private static void assertBytes(Tensor tensor, int... expected) {
        byte[] found = new byte[(int) tensor.numel()];
        tensor.data_ptr_byte().get(found);
        assertThat(found).containsExactly(expected);
    }

    @Test
    void shouldReadGreyImagesAsTheyAreStored() throws IOException {
        grey("train/cat/b.png", 3, 2, 250);
        grey("train/cat/a.png", 3, 2, 100);
        grey("train/ant/x.PNG", 3, 2, 0);
        grey("test/cat/y.png", 3, 2, 7);
        try (FileData data = DataFiles.images(folder, 0.5, 0);
                Tensor labels = Tensors.of(new long[] {0, 1, 1})) {
            ImageData images = data.samples();
            assertThat(images.trainImages().shape()).containsExactly(3, 1, 2, 3);
            assertBytes(
                    images.trainImages(), 0, 1, 2, 3, 4, 5, 100, 101, 102, 103, 104, 105, 250, 251, 252, 253, 254, 255);
            assertBytes(images.testImages(), 7, 8, 9, 10, 11, 12);
            assertThat(images.classes()).isEqualTo(2);
            assertThat(images.trainLabels().equal(labels)).isTrue();
            assertThat(images.testLabels().item_long()).isEqualTo(1);
            assertThat(images.normalisation()).isNotNull();
        }
    }

    @Test
    void shouldReadColoursByChannelAndHoldOutAShare() throws IOException {
        for (int i = 0; i < 4; i++) {
            coloured("red/" + i + ".png", 2, 1, 0x0a0b0c);
        }
        try (FileData data = DataFiles.images(folder, 0.25, 0)) {
            assertThat(data.samples().trainImages().shape()).containsExactly(3, 3, 1, 2);
            assertBytes(data.samples().testImages(), 0, 10, 0, 11, 0, 12);
        }
    }

    @Test
    void shouldReadGreyOfImagesWithAlphaAsItIsStored() throws IOException {
        for (int type : new int[] {DataBuffer.TYPE_BYTE, DataBuffer.TYPE_USHORT}) {
            ColorModel model = new ComponentColorModel(
                    ColorSpace.getInstance(ColorSpace.CS_GRAY), true, false, Transparency.TRANSLUCENT, type);
            int unit = type == DataBuffer.TYPE_BYTE ? 1 : 257;
            for (int i = 0; i < 2; i++) {
                BufferedImage image = new BufferedImage(model, model.createCompatibleWritableRaster(2, 1), false, null);
                image.getRaster().setPixel(0, 0, new int[] {100 * unit, 255 * unit});
                image.getRaster().setPixel(1, 0, new int[] {200 * unit, 9 * unit});
                write("a/" + i + ".png", image);
            }
            try (FileData data = DataFiles.images(folder, 0.5, 0)) {
                assertThat(data.samples().trainImages().shape()).containsExactly(1, 1, 1, 2);
                assertBytes(data.samples().trainImages(), 100, 200);
            }
        }
    }

    /** ImageIO gives them a palette. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void shouldReadGreyImagesOfFewBits(int bits) throws IOException {
        int greys = 1 << bits;
        int step = 255 / (greys - 1);
        byte[] ramp = new byte[greys];
        for (int i = 0; i < greys; i++) {
            ramp[i] = (byte) (i * step);
        }
        BufferedImage image = new BufferedImage(
                2, 1, BufferedImage.TYPE_BYTE_BINARY, new IndexColorModel(bits, greys, ramp, ramp, ramp));
        image.getRaster().setSample(0, 0, 0, 1);
        image.getRaster().setSample(1, 0, 0, greys - 1);
        write("train/a/1.png", image);
        grey("train/b/1.png", 2, 1, 7);
        write("test/a/1.png", image);
        try (FileData data = DataFiles.images(folder, 0.5, 0)) {
            assertThat(data.samples().trainImages().shape()).containsExactly(2, 1, 1, 2);
            assertBytes(data.samples().trainImages(), (byte) step, (byte) 255, 7, 8);
        }
    }

    @Test
    void shouldKeepTheColoursOfPalettes() throws IOException {
        byte[] red = {0, (byte) 255};
        byte[] none = {0, 0};
        write(
                "train/a/1.png",
                new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_BINARY, new IndexColorModel(1, 2, red, none, none)));
        coloured("train/b/1.png", 2, 1, 0x010203);
        try (FileData data = DataFiles.images(folder, 0.5, 0)) {
            assertThat(data.samples().trainImages().size(1)).isEqualTo(3);
        }
    }

    @Test
    void shouldPassHiddenFilesAndFoldersOver() throws IOException {
        Files.createDirectories(folder.resolve("train/.ipynb_checkpoints"));
        grey("train/ant/a.png", 1, 1, 1);
        grey("train/cat/a.png", 1, 1, 2);
        Files.writeString(folder.resolve("train/cat/._a.png"), "no image");
        grey("test/cat/a.png", 1, 1, 3);
        grey("test/.old/a.png", 1, 1, 4);
        Files.createDirectories(folder.resolve("test/ant"));
        try (FileData data = DataFiles.images(folder, 0.5, 0)) {
            assertThat(data.samples().classes()).isEqualTo(2);
            assertBytes(data.samples().trainImages(), 1, 2);
            assertThat(data.samples().testLabels().item_long()).isEqualTo(1);
        }
        Files.createDirectories(folder.resolve("train/bee/.hidden"));
        Files.writeString(folder.resolve("train/bee/a.tiff"), "");
        refused("class without images: folder=" + folder.resolve("train/bee")
                + ", found=[.hidden, a.tiff], expected=images in [.png, .jpg, .jpeg, .gif, .bmp]; add some, or take"
                + " the folder out");
    }

    @Test
    void shouldRefuseMoreBytesThanAnArrayHolds() throws IOException {
        ImageFolderReader.requireFits(folder, 3, 715_827_879);
        assertThatThrownBy(() -> ImageFolderReader.requireFits(folder, 1, 3L * 40_000 * 40_000))
                .isInstanceOf(IOException.class)
                .hasMessage("too many images: folder=" + folder
                        + ", bytes=4800000000, limit=2147483639; make them smaller, or fewer");
    }

    @Test
    void shouldNameTheFileOfWhatIsWrong() throws IOException {
        assertThatThrownBy(() -> DataFiles.images(folder, 0.5, 0))
                .isInstanceOf(IOException.class)
                .hasMessage("no images: folder=" + folder
                        + ", found=[], expected=a folder for each class, with its images in [.png, .jpg, .jpeg, .gif,"
                        + " .bmp]");
        grey("train/cat/a.png", 3, 2, 0);
        grey("train/cat/b.png", 2, 2, 0);
        refused("images differ: file=" + folder.resolve("train/cat/b.png")
                + ", found=2x2 grey, expected=3x2 grey, as the first image is; convert them to one size and kind");
        coloured("train/cat/b.png", 3, 2, 0);
        refused("images differ: file=" + folder.resolve("train/cat/b.png")
                + ", found=3x2 colours, expected=3x2 grey, as the first image is; convert them to one size and kind");
        Files.writeString(folder.resolve("train/cat/b.png"), "no image");
        refused("not an image: file=" + folder.resolve("train/cat/b.png")
                + ", expected=PNG, JPEG, GIF or BMP; take it out");
        grey("train/cat/b.png", 3, 2, 9);
        byte[] whole = Files.readAllBytes(folder.resolve("train/cat/b.png"));
        Files.write(folder.resolve("train/cat/b.png"), Arrays.copyOf(whole, whole.length / 2));
        assertThatThrownBy(() -> DataFiles.images(folder, 0.5, 0))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("damaged image: file=" + folder.resolve("train/cat/b.png") + ", found=");
        Files.write(folder.resolve("train/cat/b.png"), whole);
        grey("test/dog/a.png", 3, 2, 0);
        refused("class unknown: folder=" + folder.resolve("test/dog") + ", expected=one of the folders in "
                + folder.resolve("train") + "; add it there, or take it out");
    }

    private void refused(String message) {
        assertThatThrownBy(() -> DataFiles.images(folder, 0.5, 0))
                .isInstanceOf(IOException.class)
                .hasMessage(message);
    }
}
