package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.blazefl4j.cli.Main;
import org.blazefl4j.cli.options.ExitCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DataCommandTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    private int data(String... arguments) {
        String[] args = new String[arguments.length + 1];
        args[0] = "data";
        System.arraycopy(arguments, 0, args, 1, arguments.length);
        return Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(args);
    }

    private List<String> shown(String... arguments) {
        assertThat(data(arguments)).as(err.toString()).isZero();
        return out.toString().lines().toList();
    }

    private Path write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    /** Refuses and returns what it says. */
    private String refused(String... arguments) {
        assertThat(data(arguments)).isEqualTo(ExitCode.USAGE);
        return err.toString();
    }

    /** Writes small images, in turn in two folders. */
    private Path images(int count, String one, String other) throws IOException {
        for (int i = 0; i < count; i++) {
            Path file = write("images/" + (i % 2 == 0 ? one : other) + "/" + i + ".png", "");
            assertThat(ImageIO.write(new BufferedImage(6, 5, BufferedImage.TYPE_BYTE_GRAY), "png", file.toFile()))
                    .isTrue();
        }
        return folder.resolve("images");
    }

    private Path table() throws IOException {
        StringBuilder text = new StringBuilder("x,owner,y\n");
        for (int i = 0; i < 50; i++) {
            text.append(i - 20).append(",o").append(i % 5).append(i % 2 == 0 ? ",even\n" : ",odd\n");
        }
        return write("table.csv", text.toString());
    }

    @Test
    void shouldDescribeTheIncludedImages() {
        List<String> lines = shown();
        assertThat(lines)
                .startsWith(
                        "fashion-mnist: included",
                        "  training samples     10,000",
                        "  test samples         2,000",
                        "  shape of a sample    1 x 28 x 28",
                        "  type                 bytes (uint8)")
                .contains(
                        "  classes              10",
                        "  owners               unknown",
                        "  class                      training       test",
                        "  9                             1,000        200")
                .endsWith("Train on it:", "  blazefl4j run --model-name=cnn");
        assertThat(lines.get(5)).startsWith("  values               from 0 to 255, mean 7");
    }

    @Test
    void shouldDescribeATableWithItsClassesAndOwners() throws IOException {
        Path table = table();
        List<String> lines = shown(
                table.toString(), "--label-column=y", "--client-column", "owner", "--pixels=unit", "--test-share=0.2");
        assertThat(lines)
                .startsWith(
                        table + ": table in CSV",
                        "  training samples     40",
                        "  test samples         10",
                        "  shape of a sample    1 x 1 x 1",
                        "  type                 numbers (float32)")
                .endsWith(
                        "  blazefl4j run --data-file=" + table + " --label-column=y --client-column=owner --pixels=unit"
                                + " --test-share=0.2 --partition=natural --num-clients=5 --model-name=logistic");
        assertThat(lines)
                .filteredOn(line -> line.startsWith("  even ") || line.startsWith("  odd "))
                .hasSize(2);
        assertThat(lines)
                .anyMatch(line ->
                        line.matches("  owners               5 \\(training samples from \\d+ to \\d+, median \\d+\\)"));
        RunOptions options = SmallRun.of(
                1, lines.get(lines.size() - 1).replaceFirst(".* run ", "").split(" "));
        try (Federation<?, ?> federation = Federation.open(options, folder, (images, engines) -> {})) {
            assertThat(federation.images().train().size()).isEqualTo(40);
        }
    }

    @Test
    void shouldNameTheColumnsOfATable() throws IOException {
        Path table = table();
        assertThat(refused(table.toString()))
                .startsWith("blazefl4j data: label column missing: --data-file=" + table
                        + ", --label-column=none, expected=the column with the classes, one of [x, owner, y]; add"
                        + " --label-column");
    }

    @Test
    void shouldFitTheModelAndTheNumberOfClientsToTheSamples() throws IOException {
        Path images = images(12, "cat", "ant\u001b");
        assertThat(shown("--data-file=" + images))
                .startsWith(images + ": folder of images")
                .contains("  shape of a sample    1 x 5 x 6", "  values               from 0 to 0, mean 0")
                .anyMatch(line -> line.startsWith("  ant\\u001b "))
                .endsWith("  blazefl4j run --data-file=" + images + " --num-clients=2 --model-name=mcmahan");
    }

    @Test
    void shouldShowTheLargestOfManyClassesAndSampleManyOwners() throws IOException {
        StringBuilder users = new StringBuilder();
        for (int i = 0; i < 150; i++) {
            users.append(i == 0 ? "" : ",")
                    .append("\"u" + i + "\": {\"x\": [[1, 2], [3, 4]], \"y\": [" + i % 25 + ", 30]}");
        }
        Path leaf = write("all.json", "{\"user_data\": {" + users + "}}");
        List<String> lines = shown(leaf.toString());
        assertThat(lines)
                .startsWith(leaf + ": JSON of LEAF")
                .contains("  classes              31", "  and 16 smaller ones")
                .anyMatch(line -> line.startsWith("  30 "));
        assertThat(lines.get(lines.size() - 1))
                .matches(".* --partition=natural --num-clients=\\d+ --sample-ratio=0\\.[789] --model-name=logistic");
    }

    @ParameterizedTest
    @CsvSource({
        "t10k-labels-idx1-ubyte.gz, --dataset mnist or fashion-mnist",
        "train-images.idx3-ubyte, --dataset mnist or fashion-mnist",
        "data_batch_1.bin, --dataset cifar10",
        "cifar-100-binary.tar.gz, --dataset cifar100",
    })
    void shouldSayHowDataSetsWithANameAreRead(String name, String option) throws IOException {
        Path file = write("named/" + name, "");
        refused(file.getParent().toString());
        refused(file.toString(), "--label-column=y");
        for (Path path : List.of(file.getParent(), file)) {
            assertThat(err.toString())
                    .contains("a data set by name: --data-file=" + path + ", found=" + name + ", expected="
                            + FileFormat.KNOWN + "; use " + option + " with --data-dir and the folder instead");
        }
    }

    /** Names of binaries are not those of tables, arrays and images made of them. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "emnist-letters-train.csv",
                "cifar-10-bytes.csv",
                "cifar-100-binary.csv",
                "train-images-idx.csv",
                "emnist-letters-mapping.csv"
            })
    void shouldReadATableWhateverDataSetItIsNamedAfter(String name) throws IOException {
        Path file = Files.move(table(), folder.resolve(name));
        assertThat(shown(file.toString(), "--label-column=y", "--ignore-columns=owner"))
                .startsWith(file + ": table in CSV", "  training samples     40");
    }

    @ParameterizedTest
    @CsvSource({
        "emnist-letters-train-images-idx3-ubyte.gz, --dataset emnist-letters",
        "emnist-byclass-test-labels-idx1-ubyte, --dataset emnist-byclass",
        "cifar-10-binary.tar.gz, --dataset cifar10",
        "cifar-10-batches-py, --dataset cifar10",
    })
    void shouldKnowTheNamesOfBinaries(String name, String option) throws IOException {
        Path file = write("named/" + name, "");
        assertThat(refused(file.getParent().toString()))
                .contains("found=" + name + ", expected=", "; use " + option + " with --data-dir");
    }

    @Test
    void shouldTakeArraysWhateverDataSetTheyAreNamedAfter() {
        for (String name : List.of("emnist-letters.npz", "cifar-10-b.npz")) {
            assertThat(FileFormat.of(folder.resolve(name))).isEqualTo(FileFormat.ARRAYS);
        }
    }

    @Test
    void shouldReadImagesBesideJson() throws IOException {
        Path images = images(8, "train/cat", "train/dog");
        write("images/classes.json", "[\"cat\", \"dog\"]");
        assertThat(shown(images.toString())).startsWith(images + ": folder of images");
    }

    @Test
    void shouldSayWhereTheFilesOfLeafBelong() throws IOException {
        write("leaf/all.json", "{}");
        assertThat(refused(folder.resolve("leaf").toString()))
                .contains(
                        "no JSON files: folder=" + folder.resolve("leaf/train"),
                        "expected=LEAF's files in the folders train and test");
    }

    @Test
    void shouldRepeatOptionsAsTheyWereGiven() throws IOException {
        Path table = write("three.csv", "a,b,c d,who,y\n" + "1,2,3,u,no\n3,4,5,v,yes\n".repeat(10));
        List<String> lines = shown(
                table.toString(),
                "--label-column=y",
                "--client-column=who",
                "--ignore-columns",
                "a",
                "--pixels=unit",
                "--ignore-columns",
                "c d");
        assertThat(lines)
                .contains("  shape of a sample    1 x 1 x 1")
                .last()
                .asString()
                .startsWith("  blazefl4j run --data-file=" + table + " --label-column=y --client-column=who"
                        + " --ignore-columns=a '--ignore-columns=c d' --pixels=unit --partition=natural");
    }

    @Test
    void shouldRefuseAFolderInWhichNothingIsKnown() throws IOException {
        write("unknown/notes.doc", "");
        write("unknown/.hidden.json", "");
        Path unknown = folder.resolve("unknown");
        refused(unknown.toString());
        refused("--data-file=" + unknown, unknown.toString());
        assertThat(refused(folder.resolve("none").toString()))
                .contains(
                        "no data that is known: --data-file=" + unknown
                                + ", found=[.hidden.json, notes.doc], expected=a table in CSV, arrays of NumPy (.npz, or a"
                                + " folder of .npy), JSON of LEAF, text (.txt, or a folder of such), or a folder of"
                                + " images; name one of them",
                        "two files: PATH=" + unknown + ", --data-file=" + unknown + ", expected=one; omit the other",
                        "file cannot be read: --data-file=" + folder.resolve("none") + ", found=[unknown]");
    }
}
