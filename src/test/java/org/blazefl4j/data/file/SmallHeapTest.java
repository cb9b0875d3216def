package org.blazefl4j.data.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Reads data sets of 16 MiB in a JVM whose heap is smaller: readers hold a buffer, and samples are outside the heap.
 */
@Slow
final class SmallHeapTest {

    private static final int ROW = 4096;
    private static final int ROWS = 4096;

    @TempDir
    private Path folder;

    @Test
    void shouldReadMoreThanTheHeapHolds() throws Exception {
        String labels = "0" + ",0".repeat(ROWS - 1);
        String row = "a".repeat(ROW);
        write("text.txt", "", row, "", ROWS, "");
        write(
                "texts.json",
                "{\"user_data\": {\"u\": {\"x\": [",
                '"' + row + '"',
                ",",
                ROWS,
                "], \"y\": [" + labels + "]}}}");
        row = "[1" + ",1".repeat(ROW - 1) + ']';
        write(
                "numbers.json",
                "{\"user_data\": {\"u\": {\"x\": [",
                row,
                ",",
                ROWS / 4,
                "], \"y\": [0" + ",0".repeat(ROWS / 4 - 1) + "]}}}");
        String names = IntStream.range(0, 256).mapToObj(i -> "x" + i + ",").collect(Collectors.joining());
        write("table.csv", names + "y\n", "1,".repeat(256) + "a\n", "", 4 * ROWS, "");
        byte[] pixels = new byte[ROW * ROWS];
        Files.createDirectory(folder.resolve("arrays"));
        Files.write(folder.resolve("arrays/x.npy"), NpyFiles.npy("|u1", ROWS + ", " + ROW, pixels));
        Files.write(folder.resolve("arrays/y.npy"), NpyFiles.npy("|u1", ROWS + ",", new byte[ROWS]));
        Files.createDirectories(folder.resolve("images/cat"));
        BufferedImage image = new BufferedImage(1024, 1024, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < 16; i++) {
            ImageIO.write(
                    image, "bmp", folder.resolve("images/cat/" + i + ".bmp").toFile());
        }
        idx("train-images-idx3-ubyte", pixels, ROWS, 64, 64);
        idx("train-labels-idx1-ubyte", new byte[ROWS], ROWS);
        idx("t10k-images-idx3-ubyte", new byte[64 * 64], 1, 64, 64);
        idx("t10k-labels-idx1-ubyte", new byte[1], 1);
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx14m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SmallHeapProgram.class.getName(),
                        folder.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output.lines()).containsExactly("15", "16", "16", "16", "16", "16", "16");
    }

    private void idx(String name, byte[] elements, int... shape) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(4 + 4 * shape.length).putInt(0x0800 + shape.length);
        Arrays.stream(shape).forEach(header::putInt);
        Path file = Files.createDirectories(folder.resolve("idx")).resolve(name);
        try (OutputStream out = Files.newOutputStream(file)) {
            out.write(header.array());
            out.write(elements);
        }
    }

    private void write(String name, String begin, String row, String between, int rows, String end) throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(folder.resolve(name)))) {
            out.write(begin.getBytes(StandardCharsets.UTF_8));
            byte[] bytes = (between + row).getBytes(StandardCharsets.UTF_8);
            out.write(row.getBytes(StandardCharsets.UTF_8));
            for (int i = 1; i < rows; i++) {
                out.write(bytes);
            }
            out.write(end.getBytes(StandardCharsets.UTF_8));
        }
    }
}
