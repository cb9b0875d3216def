package org.blazefl4j.data.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.torch.Elements.bytes;
import static org.blazefl4j.torch.Elements.floats;
import static org.blazefl4j.torch.Elements.longs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TextReaderTest {

    @TempDir
    private Path folder;

    private Path write(String name, String text) throws IOException {
        return TextFiles.write(folder.resolve(name), text);
    }

    @Test
    void shouldCutATextIntoSamplesAndHoldItsEndOut() throws IOException {
        Path file = write("a.txt", "\uFEFFabcdefgh\nab");
        try (FileData data = DataFiles.text(file, 2, 2, 0.4)) {
            assertThat(data.samples().name()).isEqualTo("a.txt");
            assertThat(data.vocabulary()).containsExactly("\n", "a", "b", "c", "d", "e", "f", "g", "h", "");
            assertThat(data.classNames()).isEqualTo(data.vocabulary());
            assertThat(data.samples().classes()).isEqualTo(10);
            assertThat(data.samples().normalisation()).isNull();
            assertThat(data.samples().trainImages().shape()).containsExactly(3, 1, 1, 2);
            assertThat(bytes(data.samples().trainImages())).containsExactly(1, 2, 3, 4, 5, 6);
            assertThat(longs(data.samples().trainLabels())).containsExactly(3, 5, 7);
            assertThat(bytes(data.samples().testImages())).containsExactly(8, 0);
            assertThat(longs(data.samples().testLabels())).containsExactly(1);
            assertThat(data.owners()).isEmpty();
        }
    }

    @Test
    void shouldTakeOverlappingSamples() throws IOException {
        try (FileData data = DataFiles.text(write("a.txt", "abcdeaaaa"), 3, 1, 0.45)) {
            assertThat(bytes(data.samples().trainImages())).containsExactly(0, 1, 2, 1, 2, 3);
            assertThat(longs(data.samples().trainLabels())).containsExactly(3, 4);
        }
    }

    @Test
    void shouldGiveEachFileOfAFolderItsOwner() throws IOException {
        write("train/10.txt", "bbab");
        write("train/.hidden.txt", "x");
        write("train/notes.md", "y");
        TextFiles.gzip(folder.resolve("train/9.txt.gz"), "aaaaa");
        write("test/new.txt", "abz");
        try (FileData data = DataFiles.text(folder, 2, 2, 0.5)) {
            assertThat(data.owners()).containsExactly("9", "10");
            assertThat(data.trainOwners()).containsExactly(1, 0, 0);
            assertThat(data.testOwners()).containsExactly(-1);
            assertThat(data.vocabulary()).containsExactly("a", "b", "");
            assertThat(bytes(data.samples().trainImages())).containsExactly(1, 1, 0, 0, 0, 0);
            assertThat(bytes(data.samples().testImages())).containsExactly(0, 1);
            assertThat(longs(data.samples().testLabels())).containsExactly(2);
        }
    }

    @Test
    void shouldGiveOwnersTheEndsOfTheirFiles() throws IOException {
        write("b.txt", "abcabc");
        write("a.txt", "cbacba");
        try (FileData data = DataFiles.text(folder, 2, 1, 0.5)) {
            assertThat(data.owners()).containsExactly("a", "b");
            assertThat(data.trainOwners()).containsExactly(0, 1);
            assertThat(data.testOwners()).containsExactly(0, 1);
            assertThat(longs(data.samples().testLabels())).containsExactly(0, 2);
        }
    }

    @Test
    void shouldCountCharactersNotUnits() throws IOException {
        String many = IntStream.range(0, 300)
                .mapToObj(i -> Character.toString(0x1F000 + i))
                .collect(Collectors.joining());
        try (FileData data = DataFiles.text(write("a.txt", many + many), 299, 299, 0.5)) {
            assertThat(data.samples().classes()).isEqualTo(301);
            assertThat(data.vocabulary().get(299)).isEqualTo(Character.toString(0x1F000 + 299));
            float[] tokens = floats(data.samples().trainImages());
            assertThat(IntStream.range(0, tokens.length).allMatch(i -> tokens[i] == i))
                    .isTrue();
            assertThat(longs(data.samples().trainLabels())).containsExactly(299);
        }
    }

    @Test
    void shouldNameFileAndPlaceOfWhatIsWrong() throws IOException {
        Path latin = folder.resolve("latin.txt");
        Files.write(latin, "first\ncaf\u00e9 au lait".getBytes(StandardCharsets.ISO_8859_1));
        refused(
                latin,
                "not text in UTF-8: file=" + latin + ", line=2, character=4, expected=UTF-8 without U+FFFD; convert it"
                        + " (iconv)");
        Path small = write("small.txt", "abcde");
        refused(
                small,
                "text too short: file=" + small + ", characters=3 for training, limit=4 or more, a sample and its"
                        + " label; take the file out, or take shorter samples");
        Path uneven = write("uneven.txt", "abcdefghi");
        assertThatThrownBy(() -> DataFiles.text(uneven, 3, 1, 0.1))
                .hasMessage(
                        "too little text for testing: file=" + uneven + ", held out=0 characters at most, limit=4 or"
                                + " more; hold a larger share out, or take shorter samples");
        Path none = Files.createDirectories(folder.resolve("none"));
        refused(
                none,
                "no texts: folder=" + none + ", found=[], expected=files named .txt, plain or .gz; name the folder that"
                        + " holds them");
        Path damaged = write("damaged.txt.gz", "no gzip");
        refused(damaged, "damaged text: file=" + damaged + ", found=Not in GZIP format; get it again");
        assertThatThrownBy(() -> DataFiles.text(small, 0, 1, 0.1))
                .hasMessage("length of samples: textLength=0, limit=1 or more");
        assertThatThrownBy(() -> DataFiles.text(small, 1, 0, 0.1))
                .hasMessage("step of samples: textStep=0, limit=1 or more");
    }

    private static void refused(Path file, String message) {
        assertThatThrownBy(() -> DataFiles.text(file, 3, 1, 0.4))
                .isInstanceOf(IOException.class)
                .hasMessage(message);
    }
}
