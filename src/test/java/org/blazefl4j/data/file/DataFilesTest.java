package org.blazefl4j.data.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.blazefl4j.torch.Elements.floats;
import static org.blazefl4j.torch.Elements.longs;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DataFilesTest {

    private static final String PEOPLE = "age,city,who,income\n30,Bern,ann,low\n50,Ulm,bob,high\n40,Bern,ann,high\n";
    private static final String MORE = "age,city,who,income\n60,Ulm,eve,low\n20,Bern,eve,high\n";

    private static final CsvOptions OPTIONS =
            CsvOptions.of("income").withClientColumn("who").withCategories(Set.of("city"));

    @TempDir
    private Path folder;

    private Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private FileData read(String train, String test, CsvOptions options) throws IOException {
        return DataFiles.csv(write("train.csv", train), options.withTestFile(write("test.csv", test)));
    }

    @Test
    void shouldReadNumbersCategoriesLabelsAndOwners() throws IOException {
        try (FileData data = read(PEOPLE, MORE, OPTIONS.withStandardised(false))) {
            assertThat(data.samples().trainImages().shape()).containsExactly(3, 1, 1, 3);
            assertThat(floats(data.samples().trainImages())).containsExactly(30, 1, 0, 50, 0, 1, 40, 1, 0);
            assertThat(floats(data.samples().testImages())).containsExactly(60, 0, 1, 20, 1, 0);
            assertThat(data.samples().classes()).isEqualTo(2);
            assertThat(longs(data.samples().trainLabels())).containsExactly(1, 0, 0);
            assertThat(longs(data.samples().testLabels())).containsExactly(1, 0);
            assertThat(data.owners()).containsExactly("ann", "bob");
            assertThat(data.trainOwners()).containsExactly(0, 1, 0);
        }
    }

    @Test
    void shouldStandardiseNumbersByTheTrainingRows() throws IOException {
        try (FileData data = read(PEOPLE, MORE, OPTIONS)) {
            float deviation = (float) Math.sqrt(200 / 3.0);
            assertThat(floats(data.samples().trainImages()))
                    .containsExactly(new float[] {-10 / deviation, 1, 0, 10 / deviation, 0, 1, 0, 1, 0}, within(1e-6f));
            assertThat(floats(data.samples().testImages()))
                    .containsExactly(new float[] {20 / deviation, 0, 1, -20 / deviation, 1, 0}, within(1e-6f));
        }
    }

    @Test
    void shouldOrderLabelsThatAreNumbersByValueAndIgnoreColumns() throws IOException {
        String rows = "\uFEFFnote;x;y\n\"a;\nb\";1.5;10\nc;-2e1;9\nd;.5;100\n";
        CsvOptions options = CsvOptions.of("y").withIgnored(Set.of("note")).withStandardised(false);
        try (FileData data = read(rows, rows, options)) {
            assertThat(floats(data.samples().trainImages())).containsExactly(1.5f, -20, 0.5f);
            assertThat(longs(data.samples().trainLabels())).containsExactly(1, 0, 2);
            assertThat(data.owners()).isEmpty();
            assertThat(data.trainOwners()).isEmpty();
            assertThat(data.testOwners()).isEmpty();
        }
    }

    @Test
    void shouldKnowTheOwnersOfRowsThatAreHeldOut() throws IOException {
        StringBuilder text = new StringBuilder("x,who,y\n");
        for (int i = 0; i < 100; i++) {
            text.append(i)
                    .append(',')
                    .append(1000 + i % 7)
                    .append(',')
                    .append(i % 3)
                    .append('\n');
        }
        CsvOptions options = CsvOptions.of("y").withClientColumn("who").withStandardised(false);
        try (FileData data = DataFiles.csv(write("a.csv", text.toString()), options)) {
            float[] x = floats(data.samples().testImages());
            assertThat(data.testOwners()).hasSize(x.length).hasSize(20);
            for (int i = 0; i < x.length; i++) {
                assertThat(data.owners().get((int) data.testOwners()[i])).isEqualTo("" + (1000 + (int) x[i] % 7));
            }
        }
    }

    @Test
    void shouldHoldOutTheSameRowsForTheSameSeedAndReadGzip() throws IOException {
        StringBuilder text = new StringBuilder("x\ty\n");
        for (int i = 0; i < 3000; i++) {
            text.append(i).append('\t').append(i % 3).append('\n');
        }
        Path file = TextFiles.gzip(folder.resolve("many.csv.gz"), text.toString());
        CsvOptions options = CsvOptions.of("y").withStandardised(false).withTestShare(0.25, 1);
        try (FileData data = DataFiles.csv(file, options);
                FileData again = DataFiles.csv(file, options);
                FileData other = DataFiles.csv(file, options.withTestShare(0.25, 2))) {
            float[] train = floats(data.samples().trainImages());
            float[] test = floats(data.samples().testImages());
            assertThat(test).hasSize(750);
            float[] all = Arrays.copyOf(train, 3000);
            System.arraycopy(test, 0, all, 2250, 750);
            Arrays.sort(all);
            for (int i = 0; i < 3000; i++) {
                assertThat(all[i]).isEqualTo(i);
            }
            long[] labels = longs(data.samples().testLabels());
            for (int i = 0; i < labels.length; i++) {
                assertThat(labels[i]).isEqualTo((long) test[i] % 3);
            }
            assertThat(again.samples().sha256()).isEqualTo(data.samples().sha256());
            assertThat(other.samples().sha256()).isNotEqualTo(data.samples().sha256());
        }
    }

    @Test
    void shouldNameFileLineAndColumnOfWhatIsWrong() throws IOException {
        String at = ": file=" + folder.resolve("train.csv") + ", line=3, column=";
        wrong(
                "age,y\n1,a\nnone,b\n",
                "not a number: value=none" + at
                        + "age, expected=a finite number; correct it, or name the column as one of categories, or ignore it");
        wrong(
                "age,y\n1,a\nNaN,b\n",
                "not a number: value=NaN" + at
                        + "age, expected=a finite number; correct it, or name the column as one of categories, or ignore it");
        wrong(
                "age,y\n1,a\n1f,b\n",
                "not a number: value=1f" + at
                        + "age, expected=a finite number; correct it, or name the column as one of categories, or ignore it");
        wrong("age,y\n1,a\n ,b\n", "missing value" + at + "age, expected=a value; fill it in, or ignore the column");
        wrong("age,y\n1,a\n2\n", "row of another length" + at + "age, expected=2 fields, found 1");
        wrong("age,y\n1,a\n2,b,c\n", "row of another length" + at + "y, expected=2 fields, found 3");
        wrong("age,y\n", "too few rows: file=" + folder.resolve("train.csv") + ", rows=0, limit=2 or more");
        wrong(
                "y,y\n1,2\n",
                "columns of one name: file=" + folder.resolve("train.csv")
                        + ", found=[y, y], expected=different names; rename them in the first line");
        Files.write(folder.resolve("latin.csv"), new byte[] {'x', ',', 'y', '\n', '1', ',', (byte) 0xe4, '\n'});
        assertThatThrownBy(() -> DataFiles.csv(folder.resolve("latin.csv"), CsvOptions.of("y")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("file=" + folder.resolve("latin.csv"));
        assertThatThrownBy(() -> DataFiles.csv(write("plain.csv.gz", "x,y\n1,2\n"), CsvOptions.of("y")))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("cannot read the table: file=" + folder.resolve("plain.csv.gz") + ", found=");
        wrong(
                "",
                "empty table: file=" + folder.resolve("train.csv")
                        + ", expected=a header and rows; choose another file");
    }

    private void wrong(String text, String message) throws IOException {
        Path file = write("train.csv", text);
        assertThatThrownBy(() -> DataFiles.csv(file, CsvOptions.of("y")))
                .isInstanceOf(IOException.class)
                .hasMessage(message);
    }

    @Test
    void shouldRefuseColumnsThatAreNotThereAndValuesThatTrainingLacks() throws IOException {
        Path file = write("train.csv", PEOPLE);
        assertThatThrownBy(() -> DataFiles.csv(file, CsvOptions.of("wage")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no such column: file=" + file + ", column=wage, expected=one of [age, city, who, income]");
        assertThatThrownBy(() -> DataFiles.csv(file, CsvOptions.of("income").withIgnored(Set.of("age", "city", "who"))))
                .hasMessage("no features: file=" + file + ", columns=[age, city, who, income], expected=columns besides"
                        + " those of labels and clients");
        assertThatThrownBy(() -> read(PEOPLE, MORE.replace("Ulm", "Rom"), OPTIONS))
                .isInstanceOf(IOException.class)
                .hasMessage("value unknown: value=Rom: file=" + folder.resolve("test.csv")
                        + ", line=2, column=city, expected=one that the training file has; add rows with it there");
        assertThatThrownBy(() -> read(PEOPLE, MORE.replace("age", "years"), OPTIONS))
                .hasMessage("other columns: file=" + folder.resolve("test.csv")
                        + ", found=[years, city, who, income], expected=[age, city, who, income], as the training file"
                        + " has");
        assertThatThrownBy(() -> CsvOptions.of("y").withTestShare(1, 0))
                .hasMessage("test share out of range: testShare=1.0, limit=above 0 and below 1");
    }

    @Test
    void shouldReadArraysOfBytesAndNormaliseChannels() throws IOException {
        Path file = NpyFiles.npz(
                folder.resolve("a.npz"),
                List.of(
                        NpyFiles.entry(
                                "x_train", "|u1", "2, 2, 1, 3", bytes(0, 255, 9, 255, 0, 9, 255, 0, 9, 0, 255, 9)),
                        NpyFiles.entry("y_train", "<i8", "2,", NpyFiles.longs(1, 0)),
                        NpyFiles.entry("x_test", "|u1", "1, 2, 1, 3", bytes(1, 2, 3, 4, 5, 6)),
                        NpyFiles.entry("y_test", "|u1", "1, 1", bytes(2)),
                        NpyFiles.entry("clients", "<i8", "2,", NpyFiles.longs(40, 7)),
                        NpyFiles.entry("clients_test", "<i8", "1,", NpyFiles.longs(40))));
        try (FileData data = DataFiles.arrays(file, 0.5, 0)) {
            assertThat(data.samples().trainImages().shape()).containsExactly(2, 3, 2, 1);
            assertThat(data.samples().classes()).isEqualTo(3);
            assertThat(longs(data.samples().testLabels())).containsExactly(2);
            assertThat(data.owners()).containsExactly("7", "40");
            assertThat(data.trainOwners()).containsExactly(1, 0);
            assertThat(data.testOwners()).containsExactly(1);
            try (Tensor batch = data.samples().normalised().trainImages()) {
                assertThat(floats(batch))
                        .containsExactly(new float[] {-1, 1, 1, -1, 0, 0, 1, -1, -1, 1, 0, 0}, within(1e-6f));
            }
        }
    }

    @Test
    void shouldReadAFolderOfArraysAndHoldOutSamples() throws IOException {
        byte[] values = NpyFiles.longs(0, 1, 2, 3, 4, 5, 6, 7);
        Files.write(folder.resolve("x.npy"), NpyFiles.npy(">f8", "4, 2", NpyFiles.bigDoubles(0, 1, 2, 3, 4, 5, 6, 7)));
        Files.write(folder.resolve("y.npy"), NpyFiles.npy("<i8", "4,", Arrays.copyOf(values, 32)));
        try (FileData data = DataFiles.arrays(folder, 0.5, 3)) {
            assertThat(data.samples().trainImages().shape()).containsExactly(2, 1, 1, 2);
            float[] x = floats(data.samples().trainImages());
            long[] y = longs(data.samples().trainLabels());
            assertThat(x).containsExactly(2 * y[0], 2 * y[0] + 1, 2 * y[1], 2 * y[1] + 1);
        }
    }

    @Test
    void shouldNameArrayRowAndElementOfWhatIsWrong() throws IOException {
        Path x = folder.resolve("x.npy");
        Path y = folder.resolve("y.npy");
        Files.write(x, NpyFiles.npy(">f8", "2, 2", NpyFiles.bigDoubles(0, 1, 2, Double.NaN)));
        Files.write(y, NpyFiles.npy("<i8", "2,", NpyFiles.longs(0, 1)));
        broken("not a finite number: file=" + folder + "!x, row=1, element=1, value=NaN, expected=finite float32;"
                + " correct it");
        Files.write(x, NpyFiles.npy(">f8", "2, 2", NpyFiles.bigDoubles(0, 1, 2)));
        broken("damaged array: file=" + folder + "!x, found=the end after element 3, expected=4 elements; save it"
                + " again");
        Files.write(x, NpyFiles.npy(">f8", "2, 2", NpyFiles.bigDoubles(0, 1, 2, 3)));
        Files.write(y, NpyFiles.npy("<i8", "2,", NpyFiles.longs(0, -1)));
        broken("not a label: file=" + folder + "!y, row=1, element=0, value=-1.0, expected=a whole number from 0 to"
                + " 999999");
        Files.write(y, NpyFiles.npy("<i8", "3,", NpyFiles.longs(0, 1, 1)));
        broken("labels of another shape: file=" + folder + "!y, shape=[3], expected=[2], one for each sample");
        Files.write(y, NpyFiles.npy("<c8", "2,", NpyFiles.longs(0, 1)));
        broken("array of another type: file=" + folder + "!y, type=c8, expected=one of b1, i1, i2, i4, i8, u1, u2, u4,"
                + " u8, f4, f8; convert it with astype");
        Files.writeString(y, "0,1\n0,1\n0,1\n");
        broken("not an array of NumPy: file=" + folder + "!y, expected=a file that numpy.save wrote");
        Files.delete(y);
        broken("no such array: file=" + folder
                + ", found=[x], expected=one of [y_train, train_labels, y]; rename it, or" + " choose another file");
    }

    @Test
    void shouldRefuseLabelsThatAreOneNumber() throws IOException {
        Path file = NpyFiles.npz(
                folder.resolve("a.npz"),
                List.of(
                        NpyFiles.entry("x", "|u1", "1, 2", bytes(1, 2)),
                        NpyFiles.entry("y", "<i8", "", NpyFiles.longs(1))));

        assertThatThrownBy(() -> DataFiles.arrays(file, 0.5, 0))
                .isInstanceOf(IOException.class)
                .hasMessage(
                        "labels of another shape: file=" + file + "!y, shape=[], expected=[1], one for each sample");
    }

    @Test
    void shouldRefuseHeadersThatPromiseMoreThanFilesHold() throws IOException {
        String less = ", found=the end after element 2, expected=2000000000 elements; save it again";
        byte[] elements = NpyFiles.longs(0);
        Files.write(folder.resolve("x.npy"), NpyFiles.npy("<f4", "1000000000, 2", elements));
        broken("damaged array: file=" + folder + "!x" + less);
        Path file =
                NpyFiles.npz(folder.resolve("a.npz"), List.of(NpyFiles.entry("x", "<f4", "1000000000, 2", elements)));
        assertThatThrownBy(() -> DataFiles.arrays(file, 0.5, 0))
                .isInstanceOf(IOException.class)
                .hasMessage("damaged array: file=" + file + "!x" + less);
        Files.write(folder.resolve("x.npy"), NpyFiles.npy("|u1", "2147483640, 1", elements));
        broken("array of another size: file=" + folder
                + "!x, shape=[2147483640, 1], limit=1 to 2147483639 elements; save a part of it");
    }

    /** The directory of an archive says how large its files are; readers of NumPy write what they pack. */
    @Test
    void shouldRefuseAnArchiveThatPromisesMoreThanItHolds() throws IOException {
        Path file = NpyFiles.npz(
                folder.resolve("a.npz"), List.of(NpyFiles.entry("x", "|u1", "2000000000, 1", bytes(1, 2))));
        ByteBuffer archive = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int directory = archive.getInt(archive.limit() - 6); // the end has its offset, and the length of a comment
        archive.putInt(directory + 24, 2_000_000_100);
        int packed = archive.getInt(directory + 20);
        Files.write(file, archive.array());

        assertThatThrownBy(() -> DataFiles.arrays(file, 0.5, 0))
                .isInstanceOf(IOException.class)
                .hasMessage("damaged archive: file=" + file + ", entry=x.npy, bytes=2000000100, limit=" + 1032 * packed
                        + " of " + packed + " packed bytes; save it again");
    }

    @Test
    void shouldNameAnArrayWhosePackedBytesAreDamaged() throws IOException {
        Path file = NpyFiles.npz(folder.resolve("a.npz"), List.of(NpyFiles.entry("x", "|u1", "2, 1", bytes(1, 2))));
        byte[] archive = Files.readAllBytes(file);
        archive[30 + "x.npy".length()] = 7; // a kind of block that there is not
        Files.write(file, archive);

        assertThatThrownBy(() -> DataFiles.arrays(file, 0.5, 0))
                .isInstanceOf(IOException.class)
                .hasMessage("damaged array: file=" + file + "!x, found=invalid block type; save it again");
    }

    private void broken(String message) {
        assertThatThrownBy(() -> DataFiles.arrays(folder, 0.5, 0))
                .isInstanceOf(IOException.class)
                .hasMessage(message);
    }

    private static byte[] bytes(int... values) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Arrays.stream(values).forEach(out::write);
        return out.toByteArray();
    }
}
