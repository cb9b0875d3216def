package org.blazefl4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.blazefl4j.cli.Main;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EmnistTest {

    private static final int SIDE = 28;

    @TempDir
    private Path folder;

    /** Writes a set as it is distributed. */
    private void write(Path to, String split, byte[] train, byte[] test) throws IOException {
        writePart(to, "emnist-" + split + "-train", train);
        writePart(to, "emnist-" + split + "-test", test);
    }

    /** Writes images with a horizontal stroke in their third row, which the files have as the third column. */
    private static void writePart(Path to, String part, byte[] labels) throws IOException {
        byte[] pixels = new byte[labels.length * SIDE * SIDE];
        for (int i = 0; i < labels.length * SIDE; i++) {
            pixels[i * SIDE + 2] = (byte) 255;
        }
        Files.createDirectories(to);
        Files.write(
                to.resolve(part + "-images-idx3-ubyte.gz"),
                IdxFiles.gzip(IdxFiles.idx(pixels, labels.length, SIDE, SIDE)));
        Files.write(to.resolve(part + "-labels-idx1-ubyte"), IdxFiles.idx(labels, labels.length));
    }

    @Test
    void shouldTurnLettersUprightAndNumberThemFromZero() throws IOException {
        write(folder.resolve("gzip"), "letters", new byte[] {1, 26, 13}, new byte[] {2});
        try (ImageData data = ImageData.emnist(folder, "letters");
                PointerScope scope = new PointerScope()) {
            assertThat(data.name()).isEqualTo("emnist-letters");
            assertThat(data.classes()).isEqualTo(26);
            assertThat(Samples.toArray(data.trainLabels())).containsExactly(0, 25, 12);
            assertThat(Samples.toArray(data.testLabels())).containsExactly(1);
            assertThat(data.trainImages().shape()).containsExactly(3, 1, SIDE, SIDE);
            assertThat(data.trainImages().is_contiguous()).isTrue();
            Tensor image = data.trainImages().select(0, 1).select(0, 0).to(ScalarType.Long);
            assertThat(image.select(0, 2).sum().item_long()).isEqualTo(SIDE * 255L);
            assertThat(image.sum().item_long()).isEqualTo(SIDE * 255L);
            Batch batch = new DataLoader(data.train(), 3).iterator().next();
            assertThat(batch.x().mean().item_double()).isCloseTo(0, within(1e-4));
            assertThat(batch.x().square().mean().item_double()).isCloseTo(1, within(1e-3));
        }
    }

    @ParameterizedTest
    @CsvSource({"balanced, 46", "byclass, 61", "bymerge, 46", "digits, 9", "mnist, 9"})
    void shouldReadTheOtherSets(String split, byte last) throws IOException {
        write(folder.resolve("EMNIST/raw"), split, new byte[] {0, last}, new byte[] {last});
        try (ImageData data = ImageData.emnist(folder, split)) {
            assertThat(data.classes()).isEqualTo(last + 1);
            assertThat(Samples.toArray(data.trainLabels())).containsExactly(0, last);
        }
    }

    @Test
    void shouldRefuseLabelsOfNoLetterAndOtherNames() throws IOException {
        write(folder, "letters", new byte[] {1, 0, 2}, new byte[] {1});
        Path labels = folder.resolve("emnist-letters-train-labels-idx1-ubyte");
        assertThatThrownBy(() -> ImageData.emnist(folder, "letters"))
                .hasMessage("label out of range: file=" + labels + ", position=1, label=0, limit=1 to 26; get the file"
                        + " again or name the data set that it belongs to");
        write(folder, "letters", new byte[] {1, 27, 2}, new byte[] {1});
        assertThatThrownBy(() -> ImageData.emnist(folder, "letters"))
                .hasMessageContaining("position=1, label=27, limit=1 to 26");
        assertThatThrownBy(() -> ImageData.emnist(folder, "digits"))
                .hasMessageContaining("expected=emnist-digits-train-images-idx3-ubyte, plain or .gz");
        assertThatThrownBy(() -> ImageData.emnist(folder, "Letters"))
                .hasMessage("unknown set: split=Letters, expected=one of [balanced, byclass, bymerge, digits, letters,"
                        + " mnist]");
        writePart(folder, "emnist-mnist-train", new byte[] {1});
        Files.write(folder.resolve("emnist-mnist-train-images-idx3-ubyte.gz"), IdxFiles.idx(new byte[4], 1, 2, 2));
        Files.write(folder.resolve("emnist-mnist-test-images-idx3-ubyte"), IdxFiles.idx(new byte[4], 1, 2, 2));
        Files.write(folder.resolve("emnist-mnist-test-labels-idx1-ubyte"), IdxFiles.idx(new byte[1], 1));
        assertThatThrownBy(() -> ImageData.emnist(folder, "mnist"))
                .hasMessage("images are not those of emnist-mnist: folder=" + folder + ", size=2x2, expected=28x28;"
                        + " read another set of IDX files with ImageData.idx");
    }

    @Test
    void shouldBeReadByName() throws IOException {
        write(folder, "letters", new byte[] {1, 26}, new byte[] {2});
        StringWriter text = new StringWriter();
        PrintWriter out = new PrintWriter(text);
        var commands = Main.commandLine().setOut(out).setErr(out);
        assertThat(commands.execute("data", "--dataset=emnist-letters", "--data-dir=" + folder))
                .as(text.toString())
                .isZero();
        assertThat(text.toString().lines())
                .startsWith("emnist-letters: data set in " + folder)
                .contains("  classes              26");
        commands.execute("data", folder.toString());
        assertThat(text.toString()).contains("; use --dataset emnist-letters with --data-dir and the folder instead");
    }
}
