package org.blazefl4j.data.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.torch.Elements.bytes;
import static org.blazefl4j.torch.Elements.floats;
import static org.blazefl4j.torch.Elements.longs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LeafReaderTest {

    private static final String TRAIN = """
            {"users": ["f2", "f1"], "num_samples": [1, 2], "user_data": {
              "f2": {"x": [[1, 2, 3, 4.5]], "y": [3], "writer": {"a": [1]}},
              "f1": {"y": [0, 1], "x": [[5, 6, 7, 8], [-1e-1, 0, 0, 0]]}}, "hierarchies": [["x"]]}
            """;

    @TempDir
    private Path folder;

    private Path write(String name, String text) throws IOException {
        return TextFiles.write(folder.resolve(name), text);
    }

    private static String users(String... users) {
        return "{\"user_data\": {" + String.join(", ", users) + "}}";
    }

    private static String user(String name, String x, String y) {
        return "\"" + name + "\": {\"x\": [" + x + "], \"y\": [" + y + "]}";
    }

    @Test
    void shouldReadSamplesAndOwnersOfAllFiles() throws IOException {
        write("train/a.json", TRAIN);
        write("train/b.json", users(user("f0", "[9, 9, 9, 9]", "2")));
        write("test/a.json", users(user("new", "[0, 0, 0, 1]", "4"), user("f1", "[0, 0, 0, 2]", "0")));
        try (FileData data = DataFiles.leaf(folder, 0.5, 0)) {
            assertThat(data.samples().trainImages().shape()).containsExactly(4, 1, 2, 2);
            assertThat(floats(data.samples().trainImages()))
                    .containsExactly(1, 2, 3, 4.5f, 5, 6, 7, 8, -0.1f, 0, 0, 0, 9, 9, 9, 9);
            assertThat(longs(data.samples().trainLabels())).containsExactly(3, 0, 1, 2);
            assertThat(longs(data.samples().testLabels())).containsExactly(4, 0);
            assertThat(data.samples().classes()).isEqualTo(5);
            assertThat(data.owners()).containsExactly("f0", "f1", "f2");
            assertThat(data.trainOwners()).containsExactly(2, 1, 1, 0);
            assertThat(data.testOwners()).containsExactly(-1, 1);
        }
    }

    @Test
    void shouldHoldSamplesOfOneFileOut() throws IOException {
        Path file = write(
                "all.json", TRAIN.replace(", 4.5]", "]").replace(", 8]", "]").replace(", 0]", "]"));
        try (FileData data = DataFiles.leaf(file, 0.3, 0)) {
            assertThat(data.samples().trainImages().shape()).containsExactly(2, 1, 1, 3);
            assertThat(data.samples().testImages().shape()).containsExactly(1, 1, 1, 3);
            assertThat(data.trainOwners()).hasSize(2);
            assertThat(data.testOwners()).hasSize(1);
        }
    }

    @Test
    void shouldNameFileUserAndRowOfWhatIsWrong() throws IOException {
        String at = ": file=" + folder.resolve("a.json") + ", user=f1, row=1, found=";
        refused(TRAIN.replace("-1e-1", "null"), "not a number" + at + "null, expected=a finite number at element 0");
        refused(TRAIN.replace("-1e-1", "1e99"), "not a number" + at + "1e99, expected=a finite number at element 0");
        refused(
                TRAIN.replace("-1e-1, 0", "0"),
                "sample of another length: length=3" + at + "], expected=4 numbers, as the first has");
        refused(
                TRAIN.replace("[-1e-1, 0, 0, 0]", "\"text\""),
                "not a sample" + at + "text, expected=an array of numbers, as the first is");
        refused(
                TRAIN.replace("[0, 1]", "[0, 1.5]"),
                "not a label" + at + "1.5, expected=a whole number from 0 to 999999");
        refused(
                TRAIN.replace("[0, 1]", "[0]"),
                "samples and labels differ in number: file=" + folder.resolve("a.json")
                        + ", user=f1, x=2, y=1, expected=one label for each sample");
        refused("[]", "not LEAF's JSON: file=" + folder.resolve("a.json") + ", expected=an object with user_data");
        refused(
                "{}",
                "no samples: files=[" + folder.resolve("a.json") + "], expected=user_data with x and y of each user");
        Path cut = write("a.json", TRAIN.substring(0, 120));
        assertThatThrownBy(() -> DataFiles.leaf(cut, 0.5, 0))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("damaged JSON: file=" + cut + ", line=");
        Files.createDirectories(folder.resolve("empty"));
        assertThatThrownBy(() -> DataFiles.leaf(folder.resolve("empty"), 0.5, 0))
                .hasMessage("no JSON files: folder=" + folder.resolve("empty/train")
                        + ", found=no folder, expected=LEAF's files in the folders train and test");
    }

    private static final String SHAKESPEARE = """
            {"user_data": {
              "hamlet": {"y": ["b", "\\n"], "x": ["caba", "abab"]},
              "ghost": {"x": ["\u00e9a\ud83d\ude00b"], "y": ["c"], "raw": ["..."]}}}
            """;

    /** Numbers follow the code points, whichever user and file come first; what training texts lack is the last one. */
    @Test
    void shouldNumberTheCharactersOfTexts() throws IOException {
        write("train/a.json", SHAKESPEARE);
        write("test/a.json", users(user("new", "\"zab\"", "\"z\"")));
        try (FileData data = DataFiles.leaf(folder, 0.5, 0)) {
            assertThat(data.vocabulary()).containsExactly("\n", "a", "b", "c", "\u00e9", "\ud83d\ude00", "");
            assertThat(data.classNames()).isEqualTo(data.vocabulary());
            assertThat(data.samples().classes()).isEqualTo(7);
            assertThat(data.samples().normalisation()).isNull();
            assertThat(data.samples().trainImages().shape()).containsExactly(3, 1, 1, 4);
            assertThat(bytes(data.samples().trainImages())).containsExactly(3, 1, 2, 1, 1, 2, 1, 2, 4, 1, 5, 2);
            assertThat(longs(data.samples().trainLabels())).containsExactly(2, 0, 3);
            assertThat(bytes(data.samples().testImages())).containsExactly(6, 6, 1, 2);
            assertThat(longs(data.samples().testLabels())).containsExactly(6);
            assertThat(data.owners()).containsExactly("ghost", "hamlet");
            assertThat(data.trainOwners()).containsExactly(1, 1, 0);
        }
    }

    /** As in Sent140, where samples are the fields of tweets. */
    @Test
    void shouldTakeTheTextAmongTheFieldsOfATweet() throws IOException {
        String tweet = "[\"1\", \"Mon\", \"NO_QUERY\", \"u\", \"%s\"]";
        Path file = write(
                "all.json", users(user("u", String.format(tweet, "ab") + "," + String.format(tweet, "bbb"), "1, 0")));
        try (FileData data = DataFiles.leaf(file, 0.5, 0)) {
            assertThat(data.vocabulary()).containsExactly("a", "b", "");
            assertThat(data.classNames()).isEmpty();
            assertThat(data.samples().classes()).isEqualTo(3);
            assertThat(data.samples().trainImages().shape()).containsExactly(1, 1, 1, 3);
            assertThat(longs(data.samples().trainLabels())[0]
                            + longs(data.samples().testLabels())[0])
                    .isEqualTo(1);
        }
        refused(
                users(user("f1", "[\"1\", \"2\"]", "1")),
                "too few fields: fields=2: file=" + folder.resolve("a.json")
                        + ", user=f1, row=0, found=], expected=the text as field 4");
        refused(
                users(user("f1", "[\"1\", 2]", "1")),
                "not a text: file=" + folder.resolve("a.json")
                        + ", user=f1, row=0, found=2, expected=a text as field 1");
    }

    @Test
    void shouldRefuseTextsAndNumbersInOneSet() throws IOException {
        String at = ": file=" + folder.resolve("a.json") + ", user=hamlet, row=";
        refused(
                SHAKESPEARE.replace("\"abab\"", "[1, 2]"),
                "not a sample" + at + "1, found=1, expected=a text, as the first is");
        refused(
                SHAKESPEARE.replace("\"abab\"", "\"\\ud83d\""),
                "not a text" + at + "1, found=\\ud83d, expected=whole characters");
        refused(
                SHAKESPEARE.replace("\"abab\"", "null"),
                "not a sample" + at + "1, found=null, expected=a text, as the first is");
        refused(
                SHAKESPEARE.replace("\"\\n\"", "1"),
                "label of another kind" + at + "1, found=1, expected=a character, as the first is");
        refused(
                SHAKESPEARE.replace("\"\\n\"", "\"ab\""),
                "not a label" + at + "1, found=ab, expected=one character, or a whole number");
        refused(
                SHAKESPEARE.replace("\"caba\", \"abab\"", "7"),
                "not a sample" + at + "0, found=7, expected=a text or an array of numbers");
        refused(
                SHAKESPEARE.replace("\"caba\", \"abab\"", "[1], [2]"),
                "labels of another kind: file=" + folder.resolve("a.json")
                        + ", user=hamlet, found=characters, expected=whole numbers for samples of numbers");
    }

    @Test
    void shouldRefuseValuesOfAnotherKindWhereSamplesBelong() throws IOException {
        String file = "not LEAF's JSON: file=" + folder.resolve("a.json");
        refused(
                TRAIN.replace("\"f1\":", "\"bad\": null, \"f1\":"),
                file + ", line=3, at=user_data.bad, found=null, expected=an object with x and y");
        refused(
                TRAIN.replace("\"f1\":", "\"bad\": [], \"f1\":"),
                file + ", line=3, at=user_data.bad, found=[, expected=an object with x and y");
        refused(
                TRAIN.replace("[0, 1]", "null"),
                file + ", line=3, at=user_data.f1.y, found=null, expected=an array of labels");
        refused(
                TRAIN.replace("[[1, 2, 3, 4.5]]", "7"),
                file + ", line=2, at=user_data.f2.x, found=7, expected=an array of samples");
        refused(
                "{\"user_data\": null, \"f1\": {}}",
                file + ", line=1, at=user_data, found=null, expected=an object with the users");
        refused(
                TRAIN.replace("\"f1\":", "\"f9\": {\"x\": [], \"y\": [0], \"x\": [[1, 2, 3, 4]], \"y\": []}, \"f1\":"),
                file
                        + ", line=3, at=user_data.f9, found=x, expected=x and y once, because parts of them need not belong"
                        + " together");
        refused(TRAIN + "{}", file + ", line=4, at=the end, found={, expected=one object in each file");
    }

    private void refused(String text, String message) throws IOException {
        Path file = write("a.json", text);
        assertThatThrownBy(() -> DataFiles.leaf(file, 0.5, 0))
                .isInstanceOf(IOException.class)
                .hasMessage(message);
    }
}
